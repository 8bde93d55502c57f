#include "base/hash.h"
#include "support/random.h"
#include "support/test.h"

/* The values are stored and compared between nodes of different versions: they never change. */
TEST(hashes_are_those_of_xxh3)
{
    struct digest d = { 0 };
    char text[DIGEST_TEXT_MAX];

    assert_true(hash64(bytes_of_text(""), 0) == UINT64_C(0x2d06800538d394c2));
    digest_add(&d, bytes_of_text(""));
    assert_string_equal(digest_format(d, text), "99aa06d3014798d86001c324468d497f");
}

TEST(a_seed_makes_another_hash)
{
    assert_true(hash64(bytes_of_text("a"), 0) != hash64(bytes_of_text("a"), 1));
    assert_true(hash64(bytes_of_text("a"), 1) == hash64(bytes_of_text("a"), 1));
}

TEST(equal_multisets_have_equal_digests_in_whatever_order)
{
    struct digest a = { 0 };
    struct digest b = { 0 };

    digest_add(&a, bytes_of_text("x"));
    digest_add(&a, bytes_of_text("y"));
    digest_add(&a, bytes_of_text("x"));
    digest_add(&b, bytes_of_text("x"));
    digest_add(&b, bytes_of_text("x"));
    assert_false(digest_equal(a, b));
    digest_add(&b, bytes_of_text("y"));
    assert_true(digest_equal(a, b));
}

TEST(what_is_subtracted_was_never_there)
{
    struct digest d = { 0 };
    uint32_t seed = 6;
    uint32_t members[500];

    for (size_t i = 0; i < 500; i++) {
        members[i] = random_next(&seed);
        digest_add(&d, bytes_of(&members[i], sizeof members[i]));
    }
    assert_false(digest_equal(d, (struct digest){ 0 }));
    for (size_t i = 0; i < 500; i++) { /* another order: sums carry between the halves */
        size_t other = (i * 7) % 500;

        digest_subtract(&d, bytes_of(&members[other], sizeof members[other]));
    }
    assert_true(digest_equal(d, (struct digest){ 0 }));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_those_of_xxh3),
        cmocka_unit_test(a_seed_makes_another_hash),
        cmocka_unit_test(equal_multisets_have_equal_digests_in_whatever_order),
        cmocka_unit_test(what_is_subtracted_was_never_there),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
