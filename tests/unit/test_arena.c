#include <string.h>

#include "base/arena.h"
#include "support/test.h"

TEST(allocations_are_aligned_and_do_not_overlap)
{
    struct arena a;
    uint8_t *last = NULL;

    arena_init(&a);
    for (size_t n = 1; n < 3000; n++) {
        uint8_t *p = arena_alloc(&a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        memset(p, (int)(n & 255), n);
        if (last != NULL) {
            assert_int_equal(last[0], (n - 1) & 255);
            assert_int_equal(last[n - 2], (n - 1) & 255);
        }
        last = p;
    }
    arena_deinit(&a);
}

TEST(a_warm_arena_gives_the_same_memory_again)
{
    struct arena a;

    arena_init(&a);
    for (unsigned i = 0; i < 100; i++) {
        (void)arena_alloc(&a, 1000);
    }
    arena_reset(&a);
    void *first = arena_alloc(&a, 1000);
    arena_reset(&a);
    assert_ptr_equal(arena_alloc(&a, 1000), first);
    arena_deinit(&a);
}

TEST(copies_bytes_and_clears_arrays)
{
    struct arena a;

    arena_init(&a);
    memset(arena_alloc(&a, 64), 0xff, 64);
    arena_reset(&a);
    const uint32_t *array = arena_array(&a, 4, sizeof *array);
    assert_int_equal(array[0] | array[1] | array[2] | array[3], 0);
    assert_true(bytes_equal(arena_copy(&a, bytes_of_text("abc")), bytes_of_text("abc")));
    assert_null(arena_copy(&a, (struct bytes){ .n = 0 }).at);
    arena_deinit(&a);
}

TEST(an_impossible_size_latches_and_a_reset_forgives)
{
    struct arena a;

    arena_init(&a);
    assert_null(arena_array(&a, SIZE_MAX, 16));
    assert_true(a.is_exhausted);
    arena_reset(&a);
    assert_null(arena_alloc(&a, SIZE_MAX - 3));
    assert_true(a.is_exhausted);
    arena_reset(&a);
    assert_false(a.is_exhausted);
    assert_non_null(arena_alloc(&a, 1));
    arena_deinit(&a);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_warm_arena_gives_the_same_memory_again),
        cmocka_unit_test(copies_bytes_and_clears_arrays),
        cmocka_unit_test(an_impossible_size_latches_and_a_reset_forgives),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
