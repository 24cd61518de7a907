/* SPDX-License-Identifier: MIT
 *
 * iter_test.c - sources: arrays, strings, ranges, lines, generators and
 * sequences of one's own, and the passes over them.
 */
#include "check.h"
#include <limits.h>

/* ---- a sequence that counts ------------------------------------------ */

struct trace {
    int n, fails_at; /* yields 0 .. n-1; fails_at: this pull fails, from 1 */
    int pulls, ends;
};

static int trace_next(void *self, void *cursor, void *out)
{
    struct trace *t = self;
    int *at = cursor;
    if (++t->pulls == t->fails_at)
        return cede_fail(-EIO, "pull %d", t->pulls);
    if (*at == t->n)
        return 0;
    memcpy(out, at, sizeof *at);
    ++*at;
    return 1;
}

static void trace_end(void *self, void *cursor)
{
    struct trace *t = self;
    CHECK(*(int *)cursor <= t->n);
    t->ends++;
}

static const cede_sequence tracing = {sizeof(int), trace_next, trace_end};

static cede_iterable traced(struct trace *t)
{
    return (cede_iterable){
        .kind = &tracing, .self = t, .item_size = sizeof(int)};
}

/* ---- arrays, strings, ranges ----------------------------------------- */

TEST(an_array_gives_its_items_in_order)
{
    const short items[] = {5, 6, 7};
    cede_iter *it = cede_iter_new(cede_array(items, 3, sizeof *items));
    short x = 0;
    CHECK_EQ(cede_iter_size(it), sizeof(short));
    for (short want = 5; want <= 7; want++) {
        CHECK_EQ(cede_iter_next(it, &x), 1);
        CHECK_EQ(x, want);
    }
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(x, 7);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(an_empty_array_is_over_at_once)
{
    cede_iter *it = cede_iter_new(cede_array(NULL, 0, sizeof(int)));
    CHECK_EQ(cede_iter_next(it, NULL), 0);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(array_items_may_have_any_size)
{
    struct big {
        char bytes[4099];
    } *bigs = calloc(2, sizeof *bigs), *out = calloc(1, sizeof *out);
    bigs[1].bytes[4098] = 'x';
    cede_iter *it = cede_iter_new(cede_array(bigs, 2, sizeof *bigs));
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_next(it, out), 1);
    CHECK_EQ(out->bytes[4098], 'x');
    CHECK_EQ(cede_iter_close(it), 0);
    free(bigs);
    free(out);
}

TEST(a_string_gives_its_chars_without_its_end)
{
    cede_each (char, c, cede_string("abc"))
        note("%c", c);
    cede_each (char, c, cede_string(""))
        note("%c", c);
    CHECK_NOTED("abc");
    CHECK_EQ(cede_each_error(), 0);
}

static void note_range(int64_t start, int64_t stop, int64_t step)
{
    noted[0] = '\0';
    int left = 20;
    cede_each (int64_t, x, cede_range(start, stop, step)) {
        note("%jd ", (intmax_t)x);
        if (--left == 0)
            break;
    }
}

TEST(a_range_goes_up_or_down_and_leaves_out_its_end)
{
    note_range(0, 3, 1);
    CHECK_NOTED("0 1 2 ");
    note_range(-3, 4, 3);
    CHECK_NOTED("-3 0 3 ");
    note_range(5, 0, -2);
    CHECK_NOTED("5 3 1 ");
    note_range(2, 0, -2);
    CHECK_NOTED("2 ");
}

TEST(a_range_is_empty_for_step_zero_and_in_the_wrong_direction)
{
    note_range(0, 3, 0);
    CHECK_NOTED("");
    note_range(3, 0, 1);
    CHECK_NOTED("");
    note_range(0, 3, -1);
    CHECK_NOTED("");
    note_range(3, 3, 1);
    CHECK_NOTED("");
}

TEST(a_range_does_not_overflow_at_either_end)
{
    note_range(INT64_MAX - 3, INT64_MAX, 2);
    CHECK_NOTED("9223372036854775804 9223372036854775806 ");
    note_range(INT64_MIN + 3, INT64_MIN, -2);
    CHECK_NOTED("-9223372036854775805 -9223372036854775807 ");
    note_range(INT64_MIN, INT64_MAX, INT64_MAX);
    CHECK_NOTED("-9223372036854775808 -1 9223372036854775806 ");
    note_range(INT64_MAX, INT64_MIN, INT64_MIN);
    CHECK_NOTED("9223372036854775807 -1 ");
}

TEST(passes_over_one_iterable_are_independent)
{
    cede_iterable digits = cede_range(0, 5, 1);
    cede_iter *a = cede_iter_new(digits), *b = cede_iter_new(digits);
    int64_t x;
    CHECK_EQ(cede_iter_next(a, &x), 1);
    CHECK_EQ(cede_iter_next(a, &x), 1);
    CHECK_EQ(cede_iter_next(b, &x), 1);
    CHECK_EQ(x, 0);
    CHECK_EQ(cede_iter_next(a, &x), 1);
    CHECK_EQ(x, 2);
    CHECK_EQ(cede_iter_close(a), 0);
    CHECK_EQ(cede_iter_close(b), 0);
}

/* ---- one's own ------------------------------------------------------- */

TEST(an_own_sequence_starts_with_a_zeroed_cursor_and_ends_once)
{
    struct trace t = {.n = 2};
    for (int pass = 1; pass <= 2; pass++) {
        int x = 0;
        cede_iter *it = cede_iter_new(traced(&t));
        CHECK_EQ(cede_iter_size(it), sizeof(int));
        CHECK_EQ(cede_iter_next(it, &x), 1);
        CHECK_EQ(x, 0);
        CHECK_EQ(cede_iter_next(it, &x), 1);
        CHECK_EQ(x, 1);
        CHECK_EQ(cede_iter_next(it, &x), 0);
        CHECK_EQ(cede_iter_close(it), 0);
        CHECK_EQ(t.ends, pass);
    }
}

TEST(an_own_sequence_is_not_pulled_once_it_was_over)
{
    struct trace t = {.n = 1};
    cede_iter *it = cede_iter_new(traced(&t));
    CHECK_EQ(cede_iter_next(it, &(int){0}), 1);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(cede_iter_next(it, &(int){0}), 0);
    CHECK_EQ(t.pulls, 2);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(t.ends, 1);
}

TEST(a_pass_that_was_left_early_or_never_begun_ends_once)
{
    struct trace t = {.n = 5};
    cede_iter *it = cede_iter_new(traced(&t));
    CHECK_EQ(cede_iter_next(it, &(int){0}), 1);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(t.ends, 1);
    CHECK_EQ(cede_iter_close(cede_iter_new(traced(&t))), 0);
    CHECK_EQ(t.ends, 2);
    CHECK_EQ(t.pulls, 1);
}

TEST(an_item_of_an_own_sequence_may_be_skipped)
{
    struct trace t = {.n = 2};
    cede_iter *it = cede_iter_new(traced(&t));
    int x = 0;
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(an_own_sequence_that_fails_says_so_once_and_is_over)
{
    struct trace t = {.n = 5, .fails_at = 2};
    cede_iter *it = cede_iter_new(traced(&t));
    CHECK_EQ(cede_iter_next(it, &(int){0}), 1);
    CHECK_ERR(cede_iter_next(it, &(int){0}), -EIO);
    CHECK_STR_EQ(cede_message(), "pull 2");
    CHECK_EQ(cede_iter_next(it, &(int){0}), 0);
    CHECK_EQ(t.pulls, 2);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(t.ends, 1);
}

static int only_next(void *self, void *cursor, void *out)
{
    (void)self;
    (void)cursor;
    (void)out;
    return 0;
}

TEST(an_own_sequence_needs_neither_cursor_nor_end)
{
    static const cede_sequence kind = {.next = only_next};
    cede_iter *it = cede_iter_new((cede_iterable){.kind = &kind});
    CHECK_EQ(cede_iter_next(it, NULL), 0);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(a_pass_over_no_kind_fails_once)
{
    cede_iter *it = cede_iter_new((cede_iterable){.item_size = 4});
    CHECK_ERR(cede_iter_next(it, &(int){0}), -EINVAL);
    CHECK_EQ(cede_iter_next(it, &(int){0}), 0);
    CHECK_EQ(cede_iter_close(it), 0);
}

/* ---- modification ---------------------------------------------------- */

TEST(a_modified_sequence_is_stale_once_and_then_over)
{
    unsigned version = 1;
    int items[] = {1, 2, 3}, x = 0;
    cede_iterable over = cede_array(items, 3, sizeof *items);
    cede_iter *it = cede_iter_new(cede_watched(over, &version));
    CHECK_EQ(cede_iter_next(it, &x), 1);
    version++;
    CHECK_ERR(cede_iter_next(it, &x), -ESTALE);
    CHECK_EQ(x, 1);
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(a_sequence_modified_before_the_first_pull_is_stale)
{
    unsigned version = 1;
    cede_iter *it = cede_iter_new(cede_watched(cede_range(0, 9, 1), &version));
    version--;
    CHECK_ERR(cede_iter_next(it, NULL), -ESTALE);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(modification_is_seen_through_stages_and_by_each)
{
    unsigned version = 1;
    cede_each (char, c, cede_watched(cede_string("abc"), &version)) {
        note("%c", c);
        version++;
    }
    CHECK_NOTED("a");
    CHECK_ERR(cede_each_error(), -ESTALE);
    struct trace t = {.n = 5};
    cede_iterable over = cede_watched(traced(&t), &version);
    cede_each (int, x, cede_iter_take(cede_iter_new(over), 4))
        version += x == 1;
    CHECK_ERR(cede_each_error(), -ESTALE);
    CHECK_EQ(t.pulls, 2);
    CHECK_EQ(t.ends, 1);
}

TEST(a_pass_begun_after_the_modification_is_not_stale)
{
    unsigned version = 1;
    cede_iterable over = cede_watched(cede_string("ab"), &version);
    version++;
    cede_each (char, c, over)
        note("%c", c);
    CHECK_NOTED("ab");
    CHECK_EQ(cede_each_error(), 0);
}

/* ---- generators ------------------------------------------------------ */

static int closings;

static void count_closing(void *arg)
{
    (void)arg;
    closings++;
}

/* Yields 0 and 1, and returns *(int *)arg; at a stop, *(int *)arg also. */
static int two(cede_gen *self, void *arg)
{
    CEDE_DEFER(count_closing, NULL);
    for (int i = 0; i < 2; i++)
        if (cede_yield(self, &i) < 0)
            return *(int *)arg;
    return *(int *)arg;
}

static cede_iter *of_two(int *result)
{
    return cede_iter_gen(cede_gen_of(int, two, result));
}

TEST(an_iterator_gives_the_items_of_its_generator_and_closes_it)
{
    int x = 0;
    cede_iter *it = of_two(&(int){7});
    CHECK_EQ(cede_iter_size(it), sizeof(int));
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(closings, 1);
}

TEST(the_failure_of_a_generator_is_told_once_not_again_by_close)
{
    cede_iter *it = of_two(&(int){-EIO});
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_ERR(cede_iter_next(it, NULL), -EIO);
    CHECK_EQ(cede_iter_next(it, NULL), 0);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(close_answers_the_failure_of_a_generators_clean_up)
{
    cede_iter *it = of_two(&(int){-EIO});
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_ERR(cede_iter_close(it), -EIO);
    CHECK_EQ(closings, 1);
}

TEST(an_iterator_over_no_generator_is_out_of_memory)
{
    cede_iter *it = cede_iter_gen(NULL);
    CHECK_ERR(cede_iter_next(it, NULL), -ENOMEM);
    CHECK_ERR(cede_iter_close(it), -ENOMEM);
}

TEST(an_iterator_no_memory_could_hold_is_null)
{
    if (ON_VALGRIND)
        return; /* which reports such a size as a mistake */
    cede_iterable over = {.kind = &tracing};
    for (size_t size = SIZE_MAX; size > SIZE_MAX - 300; size -= 24) {
        over.item_size = size;
        CHECK(!cede_iter_new(over));
    }
}

TEST(calls_given_null_answer_no_memory)
{
    CHECK_ERR(cede_iter_next(NULL, NULL), -ENOMEM);
    CHECK_ERR(cede_iter_close(NULL), -ENOMEM);
    CHECK_EQ(cede_iter_size(NULL), 0);
}

SUITE("iter")
