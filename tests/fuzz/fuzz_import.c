#include <stdlib.h>

#include "base/check.h"
#include "fuzz.h"
#include "server/config/settings_file.h"
#include "server/migrate/import.h"

/*
 * Any bytes as a file to import, the first one naming the format. What is made of it without a
 * problem is YAML that our own reader understands, mistakes in its values aside.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct import_options options = { .charset = "windows-1251" };
    static struct config_problems problems;
    struct settings_file *settings = NULL;
    struct plan *plan = NULL;
    char *yaml = NULL;

    if (size == 0 || size > 65536 || plan_new(&plan) != 0) {
        return 0;
    }
    if (import_formats[data[0] % import_n_formats].read(
            plan, bytes_of(data + 1, size - 1), &options) == 0) {
        yaml = plan_to_yaml(plan);
        ensure(yaml != NULL);
        (void)settings_file_parse(bytes_of_text(yaml), &problems, &settings);
        settings = settings_file_free(settings);
    }
    free(yaml);
    plan = plan_free(plan);
    return 0;
}
