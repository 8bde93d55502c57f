#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/own.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/random.h"
#include "support/script.h"

/*
 * What the store costs at one size: store_bench [LEASES [FOLDER]], 1000000 leases by default.
 * Each figure is taken in a process of its own, so that its memory is its own too.
 */
enum {
    BATCH = 32,         /* commands in an entry */
    BATCHES = 1000,     /* entries of a measurement */
    COMMIT_BATCHES = 8, /* entries in a transaction */
    POOL_FIRST = 0x0a200000,
    ADDRESS_BITS = 21,      /* of the pool */
    ADDRESS_STEP = 1000003, /* odd: addresses come in no order, as those drawn by a hash */
};

static char folder[FOLDER_PATH_MAX];
static uint32_t n_leases = 1000000;

static double now_ms(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double cpu_ms(void)
{
    struct timespec t = { 0 };

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Wall-clock and processor time since the watch was started. */
struct watch {
    double wall, cpu;
};

static struct watch watch_start(void)
{
    return (struct watch){ now_ms(), cpu_ms() };
}

static const char *watch_text(struct watch w)
{
    static char text[64];

    (void)snprintf(text, sizeof text, "%8.0f ms (cpu %.0f)", now_ms() - w.wall, cpu_ms() - w.cpu);
    return text;
}

/* A field of /proc/self/status in MB: "VmRSS:" or "VmHWM:". */
static double memory_mb(const char *field)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    double mb = 0;

    require(f != NULL);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, field, strlen(field)) == 0) {
            mb = strtod(line + strlen(field), NULL) / 1024;
        }
    }
    (void)fclose(f);
    return mb;
}

static struct store *open_store(const char *name)
{
    struct store_options options = {
        .path = file_in(folder, name), .cluster = "bench", .node = 1, .is_volatile = false
    };
    struct store *s = NULL;
    bool rebuilt = false;

    require(store_open(&s, &options, &rebuilt) == 0 && !rebuilt);
    return s;
}

struct log {
    struct store *store;
    uint64_t sequence;
    uint32_t seed;
};

static void apply(struct log *l, const struct command *commands, unsigned n)
{
    static struct result results[BATCH_COMMANDS_MAX];
    uint64_t index = store_applied_index(l->store) + 1;
    struct instant now = { INT64_C(1700000000000) + (int64_t)index * 7 };
    struct script_entry e = script_encode(index, now, commands, n);
    struct store_entry entry = { index, 1, bytes_of(e.data, e.n) };
    bool skipped = true;

    require(store_apply(l->store, &entry, results, &skipped) == 0 && !skipped);
    for (unsigned i = 0; i < n; i++) {
        require(results[i].outcome == OUTCOME_DONE);
    }
    free(e.data);
}

static void put_settings(struct log *l)
{
    struct pool pool = {
        .range = {{ POOL_FIRST }, { POOL_FIRST + (1u << ADDRESS_BITS) - 1 }}
    };
    struct subnet subnet = {
        .prefix = {{ 0x0a000000 },    8                   },
        .times = { .min = { 60 }, .default_ = { 3600 }, .max = { 86400 }, .headroom = { 3600 } },
        .n_pools = 1,
        .pools = &pool,
    };
    struct network network = {
        .name = bytes_of_text("lan"),
        .retry_step_ms = 1000,
        .probation = { 3600 },
        .n_subnets = 1,
        .subnets = &subnet,
    };
    struct settings settings = { .n_networks = 1, .networks = &network };
    uint8_t *document = NULL;
    size_t n = 0;

    require(settings_encode(&settings, &document, &n) == 0);

    struct command c = {
        .origin = 1,
        .boot_id = 1,
        .sequence = ++l->sequence,
        .kind = COMMAND_PUT_SETTINGS,
        .put_settings = {.version = 1,
                         .document = bytes_of(document, n),
                         .source = bytes_of_text("bench")},
    };

    apply(l, &c, 1);
    free(document);
}

static void fill_bind(struct log *l, struct command *c, uint8_t key[7], uint32_t client)
{
    uint64_t mac = hash64(bytes_of(&client, sizeof client), 1);

    key[0] = 1;
    memcpy(key + 1, &mac, 6);
    *c = (struct command){
        .origin = 1,
        .boot_id = 1,
        .sequence = ++l->sequence,
        .kind = COMMAND_BIND,
        .bind =
            {
                .address = { POOL_FIRST + (client * ADDRESS_STEP & ((1u << ADDRESS_BITS) - 1)) },
                .client_key = bytes_of(key, 7),
                .hw_type = 1,
                .hw_address = bytes_of(key + 1, 6),
                .lease = { 3600 },
                .hold = { 7200 },
                .server_id = { 0x0a000001 },
                .hostname = client % 2 == 0 ? bytes_of_text("workstation") : bytes_of(NULL, 0),
                .vendor_class = client % 4 == 0 ? bytes_of_text("MSFT 5.0") : bytes_of(NULL, 0),
            },
    };
}

/* Which clients come: those from @first on, or any below it. */
enum order { IN_ORDER, AT_RANDOM };

static void bind_run(struct log *l, uint32_t first, uint32_t n, enum order order)
{
    struct command commands[BATCH];
    uint8_t keys[BATCH][7];

    for (uint32_t done = 0; done < n; done += BATCH) {
        for (unsigned i = 0; i < BATCH; i++) {
            bool is_random = order == AT_RANDOM;
            uint32_t client = is_random ? random_below(&l->seed, first) : first + done + i;

            fill_bind(l, &commands[i], keys[i], client);
        }
        apply(l, commands, BATCH);
        if (done / BATCH % COMMIT_BATCHES == COMMIT_BATCHES - 1) {
            require(store_commit(l->store) == 0);
        }
    }
    require(store_commit(l->store) == 0);
}

static void measure_fill(void)
{
    struct log l = { .store = open_store("a.db"), .seed = 1 };
    struct store_checkpointer *c = NULL;
    struct watch start = watch_start();

    require(store_checkpointer_new(l.store, &c) == 0);
    put_settings(&l);
    for (uint32_t at = 0; at < n_leases; at += 32 * BATCH) {
        uint32_t n = n_leases - at < 32 * BATCH ? n_leases - at : 32 * BATCH;

        bind_run(&l, at, n, IN_ORDER);
        require(store_checkpointer_run(c) == 0);
    }
    printf("fill                  %s\n", watch_text(start));
    c = store_checkpointer_free(c);
    l.store = store_free(l.store);
}

static void measure_load(void)
{
    struct watch start = watch_start();
    struct store *s = open_store("a.db");

    printf(
        "open                  %s   memory %.0f MB   rows %" PRIu64 "\n",
        watch_text(start),
        memory_mb("VmRSS:"),
        lease_table_count(store_leases(s)));
    s = store_free(s);
}

/* What a Bind costs, a checkpoint now and then. */
static void measure_binds(const char *what, uint32_t first, enum order order)
{
    struct log l = { .store = open_store("a.db"), .seed = 7 };
    struct store_checkpointer *c = NULL;
    struct watch total = { 0, 0 };

    l.sequence = store_applied_index(l.store) << 16;
    require(store_checkpointer_new(l.store, &c) == 0);
    for (unsigned i = 0; i < BATCHES / 20; i++) {
        struct watch start = watch_start();

        bind_run(&l, order == IN_ORDER ? first + i * 20 * BATCH : first, 20 * BATCH, order);
        total.cpu += cpu_ms() - start.cpu;
        total.wall += now_ms() - start.wall;
        require(store_checkpointer_run(c) == 0);
    }
    printf(
        "%-21s %8.2f us per Bind (cpu %.2f us)\n",
        what,
        total.wall * 1e3 / (BATCHES * BATCH),
        total.cpu * 1e3 / (BATCHES * BATCH));
    c = store_checkpointer_free(c);
    l.store = store_free(l.store);
}

static void measure_renewals_at_random(void)
{
    measure_binds("renewals, at random", n_leases, AT_RANDOM);
}

static void measure_renewals_in_order(void)
{
    measure_binds("renewals, in order", 0, IN_ORDER);
}

static void measure_new_leases(void)
{
    measure_binds("new leases", n_leases, IN_ORDER);
}

static void measure_snapshot(void)
{
    struct store *s = open_store("a.db");
    struct store_pin *pin = NULL;
    uint8_t *image = NULL;
    size_t n = 0;
    double start = now_ms();
    double pinned = 0;
    struct watch building;
    double before = memory_mb("VmRSS:");

    require(store_pin_new(s, &pin) == 0);
    pinned = now_ms() - start;
    building = watch_start();
    require(store_pin_build(pin, &image, &n) == 0);
    printf(
        "snapshot              %s   pin %.2f ms   size %.1f MB   memory +%.0f MB\n",
        watch_text(building),
        pinned,
        (double)n / 1e6,
        memory_mb("VmHWM:") - before);
    pin = store_pin_free(pin);
    s = store_free(s);

    FILE *f = fopen(file_in(folder, "image"), "wb");

    require(f != NULL && fwrite(image, 1, n, f) == n);
    (void)fclose(f);
    free(image);
}

static void measure_restore(void)
{
    struct store *s = open_store("b.db");
    FILE *f = fopen(file_in(folder, "image"), "rb");
    static uint8_t image[256 * 1024 * 1024];
    struct watch start;
    size_t n = 0;

    require(f != NULL);
    n = fread(image, 1, sizeof image, f);
    (void)fclose(f);
    start = watch_start();
    require(store_restore(s, bytes_of(image, n)) == 0);
    printf("restore               %s   memory %.0f MB\n", watch_text(start), memory_mb("VmRSS:"));
    s = store_free(s);
}

static void in_own_process(void (*measure)(void))
{
    pid_t pid = 0;
    int status = 0;

    (void)fflush(stdout);
    pid = fork();
    require(pid >= 0);
    if (pid == 0) {
        measure();
        exit(0);
    }
    require(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        n_leases = (uint32_t)strtoul(argv[1], NULL, 10) / BATCH * BATCH;
    }
    if (argc > 2) {
        ensure(setenv("TMPDIR", argv[2], 1) == 0);
    }
    require(n_leases >= BATCHES * BATCH && n_leases < (1u << ADDRESS_BITS) - BATCHES * BATCH);
    folder_make(folder);
    printf("%" PRIu32 " leases\n", n_leases);
    in_own_process(measure_fill);
    in_own_process(measure_load);
    in_own_process(measure_renewals_at_random);
    in_own_process(measure_renewals_in_order);
    in_own_process(measure_new_leases);
    in_own_process(measure_snapshot);
    in_own_process(measure_restore);
    folder_remove(folder);
    return 0;
}
