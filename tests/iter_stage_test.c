/* SPDX-License-Identifier: MIT
 *
 * iter_stage_test.c - stages: what they let through, how often they pull, and
 * that closing the last one closes the chain.
 */
#include "check.h"

struct trace {
    int n, pulls, ends;
};

static int trace_next(void *self, void *cursor, void *out)
{
    struct trace *t = self;
    int *at = cursor;
    t->pulls++;
    if (*at == t->n)
        return 0;
    memcpy(out, at, sizeof *at);
    ++*at;
    return 1;
}

static void trace_end(void *self, void *cursor)
{
    (void)cursor;
    ((struct trace *)self)->ends++;
}

static const cede_sequence tracing = {sizeof(int), trace_next, trace_end};

static cede_iter *ints(struct trace *t)
{
    cede_iterable over = {
        .kind = &tracing, .self = t, .item_size = sizeof(int)};
    return cede_iter_new(over);
}

static int halve(void *ctx, const void *in, void *out)
{
    *(double *)out = *(const int *)in / 2.0;
    return *(const int *)in == *(int *)ctx ? ((int *)ctx)[1] : 1;
}

static int is_odd(void *ctx, const void *in)
{
    int x = *(const int *)in;
    return x == *(int *)ctx ? -EIO : (x & 1) * 5;
}

static int never[] = {-1, 0};

static void note_ints(cede_iter *it)
{
    cede_each (int, x, it)
        note("%d", x);
}

/* ---- map, filter, take ----------------------------------------------- */

TEST(map_makes_each_item_anew)
{
    struct trace t = {.n = 3};
    cede_iter *it = cede_iter_map(ints(&t), halve, never, sizeof(double));
    CHECK_EQ(cede_iter_size(it), sizeof(double));
    double x, sum = 0;
    while (cede_iter_next(it, &x) > 0)
        sum += x;
    CHECK(sum == 1.5);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(t.ends, 1);
}

TEST(map_runs_also_for_items_nobody_looks_at)
{
    struct trace t = {.n = 3};
    cede_iter *it = cede_iter_map(ints(&t), halve, (int[]){1, -EIO}, 8);
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_ERR(cede_iter_next(it, NULL), -EIO);
    CHECK_EQ(cede_iter_close(it), 0);
}

static int is_aligned(void *ctx, const void *in, void *out)
{
    (void)ctx;
    CHECK_EQ((uintptr_t)in % _Alignof(max_align_t), 0);
    CHECK_EQ((uintptr_t)out % _Alignof(max_align_t), 0);
    return 1;
}

TEST(items_between_stages_are_aligned_for_any_type)
{
    static max_align_t items[2];
    cede_iterable over = cede_array(items, 2, sizeof *items);
    cede_iter *it = cede_iter_new(over);
    it = cede_iter_map(it, is_aligned, NULL, sizeof *items);
    it = cede_iter_map(it, is_aligned, NULL, sizeof *items);
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(an_error_of_map_ends_the_stage)
{
    struct trace t = {.n = 9};
    double x;
    cede_iter *it = cede_iter_map(ints(&t), halve, (int[]){1, -EIO}, 8);
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK_ERR(cede_iter_next(it, &x), -EIO);
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(t.pulls, 2);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(t.ends, 1);
}

TEST(a_zero_of_map_ends_the_stage_well)
{
    struct trace t = {.n = 9};
    double x;
    cede_iter *it = cede_iter_map(ints(&t), halve, (int[]){1, 0}, 8);
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(t.pulls, 2);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(filter_keeps_some_items)
{
    struct trace t = {.n = 6};
    note_ints(cede_iter_filter(ints(&t), is_odd, never));
    CHECK_NOTED("135");
    CHECK_EQ(t.pulls, 7);
    CHECK_EQ(t.ends, 1);
}

TEST(an_error_of_filter_ends_the_stage)
{
    struct trace t = {.n = 6};
    note_ints(cede_iter_filter(ints(&t), is_odd, &(int){2}));
    CHECK_NOTED("1");
    CHECK_ERR(cede_each_error(), -EIO);
    CHECK_EQ(t.ends, 1);
}

TEST(a_filter_may_skip_items_nobody_looks_at)
{
    struct trace t = {.n = 6};
    cede_iter *it = cede_iter_filter(ints(&t), is_odd, never);
    int x;
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK_EQ(x, 3);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(take_does_not_pull_more_than_it_takes)
{
    struct trace t = {.n = 9};
    cede_iter *it = cede_iter_take(ints(&t), 2);
    for (int i = 0; i < 5; i++)
        CHECK_EQ(cede_iter_next(it, NULL), i < 2);
    CHECK_EQ(t.pulls, 2);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(t.ends, 1);
}

TEST(take_none_pulls_nothing_and_take_more_than_there_are_takes_all)
{
    struct trace t = {.n = 3};
    note_ints(cede_iter_take(ints(&t), 0));
    CHECK_EQ(t.pulls, 0);
    note_ints(cede_iter_take(ints(&t), SIZE_MAX));
    CHECK_NOTED("012");
    CHECK_EQ(t.ends, 2);
}

TEST(making_a_chain_of_stages_pulls_nothing_and_each_pull_is_one)
{
    struct trace t = {.n = 9};
    cede_iter *it = cede_iter_filter(ints(&t), is_odd, never);
    it = cede_iter_take(it, 3);
    it = cede_iter_map(it, halve, never, sizeof(double));
    it = cede_iter_enumerate(it, 0);
    CHECK_EQ(t.pulls, 0);
    for (int i = 1; i <= 3; i++) {
        CHECK_EQ(cede_iter_next(it, NULL), 1);
        CHECK_EQ(t.pulls, 2 * i);
    }
    CHECK_EQ(cede_iter_next(it, NULL), 0);
    CHECK_EQ(t.pulls, 6);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(t.ends, 1);
}

/* ---- chain, zip, enumerate ------------------------------------------- */

TEST(chain_gives_the_first_then_the_second)
{
    struct trace a = {.n = 2}, b = {.n = 3};
    cede_iter *it = cede_iter_chain(ints(&a), ints(&b));
    CHECK_EQ(cede_iter_size(it), sizeof(int));
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(b.pulls, 0);
    note_ints(it);
    CHECK_NOTED("1012");
    CHECK_EQ(a.ends, 1);
    CHECK_EQ(b.ends, 1);
}

TEST(chaining_items_of_two_sizes_fails_at_the_first_pull)
{
    struct trace a = {.n = 2};
    cede_iter *it = cede_iter_chain(ints(&a), cede_iter_new(cede_string("x")));
    int x;
    CHECK_ERR(cede_iter_next(it, &x), -EINVAL);
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(a.pulls, 0);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(a.ends, 1);
}

TEST(zip_pairs_are_laid_out_as_structs)
{
    struct {
        char a;
        int64_t b;
    } first;
    struct {
        int64_t a;
        char b;
    } second;
    struct {
        struct {
            char c[3];
        } a;
        int b;
    } third;
    cede_iterable text = cede_string("xy"), range = cede_range(5, 9, 1);
    cede_iterable threes = cede_array("abcdef", 2, 3);
    struct trace t = {.n = 2};

    cede_iter *it = cede_iter_zip(cede_iter_new(text), cede_iter_new(range));
    CHECK_EQ(cede_iter_size(it), sizeof first);
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_next(it, &first), 1);
    CHECK(first.a == 'y' && first.b == 6);
    CHECK_EQ(cede_iter_close(it), 0);

    it = cede_iter_zip(cede_iter_new(range), cede_iter_new(text));
    CHECK_EQ(cede_iter_size(it), sizeof second);
    CHECK_EQ(cede_iter_next(it, &second), 1);
    CHECK(second.a == 5 && second.b == 'x');
    CHECK_EQ(cede_iter_close(it), 0);

    it = cede_iter_zip(cede_iter_new(threes), ints(&t));
    CHECK_EQ(cede_iter_size(it), sizeof third);
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_next(it, &third), 1);
    CHECK(memcmp(third.a.c, "def", 3) == 0 && third.b == 1);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(zip_ends_with_the_shorter_and_loses_an_item_without_a_partner)
{
    struct trace a = {.n = 5}, b = {.n = 2};
    cede_iter *it = cede_iter_zip(ints(&a), ints(&b));
    for (int i = 0; i < 5; i++)
        CHECK_EQ(cede_iter_next(it, NULL), i < 2);
    CHECK_EQ(a.pulls, 3);
    CHECK_EQ(b.pulls, 3);
    CHECK_EQ(cede_iter_close(it), 0);
    struct trace c = {.n = 2}, d = {.n = 5};
    it = cede_iter_zip(ints(&c), ints(&d));
    while (cede_iter_next(it, NULL) > 0)
        continue;
    CHECK_EQ(d.pulls, 2);
    CHECK_EQ(cede_iter_close(it), 0);
    CHECK_EQ(a.ends + b.ends + c.ends + d.ends, 4);
}

TEST(enumerate_counts_from_where_it_is_told)
{
    struct {
        int64_t index;
        char item;
    } x;
    cede_iter *it = cede_iter_enumerate(cede_iter_new(cede_string("ab")), -1);
    CHECK_EQ(cede_iter_size(it), sizeof x);
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK(x.index == -1 && x.item == 'a');
    CHECK_EQ(cede_iter_next(it, &x), 1);
    CHECK(x.index == 0 && x.item == 'b');
    CHECK_EQ(cede_iter_next(it, &x), 0);
    CHECK_EQ(cede_iter_close(it), 0);
}

TEST(enumerate_counts_up_to_the_largest_number)
{
    cede_iter *it =
        cede_iter_enumerate(cede_iter_new(cede_string("a")), INT64_MAX);
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_EQ(cede_iter_next(it, NULL), 0);
    CHECK_EQ(cede_iter_close(it), 0);
}

/* ---- closing, and no memory ------------------------------------------ */

TEST(a_stage_over_null_is_null)
{
    CHECK(!cede_iter_map(NULL, halve, never, 8));
    CHECK(!cede_iter_filter(NULL, is_odd, never));
    CHECK(!cede_iter_take(NULL, 1));
    CHECK(!cede_iter_enumerate(NULL, 0));
    CHECK(!cede_iter_chain(NULL, NULL));
    CHECK(!cede_iter_zip(NULL, NULL));
}

TEST(a_stage_over_null_closes_its_other_source)
{
    struct trace t = {.n = 2};
    CHECK(!cede_iter_chain(ints(&t), NULL));
    CHECK(!cede_iter_chain(NULL, ints(&t)));
    CHECK(!cede_iter_zip(ints(&t), NULL));
    CHECK(!cede_iter_zip(NULL, ints(&t)));
    CHECK_EQ(t.ends, 4);
    CHECK_EQ(t.pulls, 0);
}

static int fails_to_clean_up(cede_gen *self, void *arg)
{
    (void)cede_yield(self, &(int){1});
    note("%s", (char *)arg);
    return -EIO;
}

TEST(closing_a_chain_closes_its_sources_and_answers_their_failure)
{
    struct trace t = {.n = 2};
    cede_iter *bad =
        cede_iter_gen(cede_gen_of(int, fails_to_clean_up, "closed"));
    cede_iter *it = cede_iter_take(cede_iter_zip(bad, ints(&t)), 5);
    CHECK_EQ(cede_iter_next(it, NULL), 1);
    CHECK_ERR(cede_iter_close(it), -EIO);
    CHECK_NOTED("closed");
    CHECK_EQ(t.ends, 1);
}

SUITE("iter_stage")
