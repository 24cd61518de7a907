/* SPDX-License-Identifier: MIT
 *
 * gen_value_test.c - what generators carry across their switches: items of
 * every size, errno, registers, frames, other generators.
 */
#include "check.h"
#include <math.h>

/* ---- sizes ----------------------------------------------------------- */

static int echoes_bytes(cede_gen *self, void *arg)
{
    static unsigned char item[4096];
    size_t size = *(size_t *)arg;
    int rc = 0;
    while (rc >= 0) {
        rc = cede_exchange(self, item, item);
        for (size_t i = 0; rc == 1 && i < size; i++)
            item[i] ^= 0xff;
    }
    return rc;
}

static void check_size(size_t size)
{
    static unsigned char in[4097], out[4097];
    cede_gen *g = cede_gen_primed(echoes_bytes, &size, size, size);
    for (size_t i = 0; i <= size; i++) {
        in[i] = (unsigned char)(i * 7 + size);
        out[i] = 0xaa;
    }
    CHECK_EQ(cede_send(g, in, out), 1);
    for (size_t i = 0; i < size; i++)
        CHECK_EQ(out[i], in[i] ^ 0xff);
    CHECK_EQ(out[size], 0xaa);
    CHECK_EQ(cede_gen_close(g), 0);
}

TEST(items_of_any_size_are_copied_exactly)
{
    const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 16, 24, 31, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check_size(sizes[i]);
}

static int yields_some(cede_gen *self, void *arg)
{
    for (int i = 0; i < *(int *)arg; i++)
        CEDE_TRY(cede_yield(self, &i));
    return 0;
}

TEST(items_of_no_size_are_counted_all_the_same)
{
    cede_gen *g = cede_gen_new(yields_some, &(int){2}, 0, 0);
    int x = 7;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_EQ(x, 7);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int yields_itself(cede_gen *self, void *arg)
{
    (void)arg;
    return cede_yield(self, &self);
}

TEST(pointers_keep_their_identity)
{
    cede_gen *got = NULL, *g = cede_gen_of(cede_gen *, yields_itself, NULL);
    CHECK_EQ(cede_next(g, &got), 1);
    CHECK(got == g);
    CHECK_EQ(cede_gen_close(g), 0);
}

/* ---- state of the processor and of the coroutine --------------------- */

static int keeps_errno(cede_gen *self, void *arg)
{
    int mine = *(int *)arg;
    errno = mine;
    for (int i = 0; i < 3; i++) {
        CEDE_TRY(cede_yield(self, NULL));
        CHECK_EQ(errno, mine);
    }
    return 0;
}

TEST(errno_belongs_to_each_coroutine)
{
    cede_gen *a = cede_gen_of(int, keeps_errno, &(int){11});
    cede_gen *b = cede_gen_of(int, keeps_errno, &(int){22});
    errno = 33;
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(cede_next(a, NULL), i < 3);
        CHECK_EQ(errno, 33);
        CHECK_EQ(cede_next(b, NULL), i < 3);
        CHECK_EQ(errno, 33);
    }
    CHECK_EQ(cede_gen_close(a), 0);
    CHECK_EQ(cede_gen_close(b), 0);
}

static int spoils_errno_at_the_end(cede_gen *self, void *arg)
{
    (void)arg;
    (void)cede_yield(self, NULL);
    errno = 99;
    return 0;
}

TEST(every_call_preserves_the_callers_errno)
{
    errno = 33;
    cede_gen *g = cede_gen_of(int, spoils_errno_at_the_end, NULL);
    CHECK_EQ(cede_next(g, NULL), 1);
    (void)cede_send(g, &(int){1}, NULL);
    CHECK_EQ(cede_gen_stop(g), 0);
    (void)cede_throw(g, -EIO, NULL);
    (void)cede_next(NULL, NULL);
    CHECK_EQ(cede_gen_close(g), 0);
    CHECK_EQ(errno, 33);
}

static double mean_of(cede_gen *self, double a, double b, long double c)
{
    double sum = sqrt(a) + b, before = sum;
    long double third = c / 3;
    (void)cede_yield(self, &sum);
    sum *= 2;
    (void)cede_yield(self, &sum);
    return before == sqrt(a) + b && third == c / 3 ? sum - before : -1;
}

static int computes(cede_gen *self, void *arg)
{
    double x = *(double *)arg;
    for (int i = 0; i < 5; i++) {
        double result = mean_of(self, x, i, 7.5L);
        CHECK(result == sqrt(x) + i);
    }
    return 0;
}

TEST(numbers_in_registers_survive_yields)
{
    double x = 2, y = 3, got;
    cede_gen *a = cede_gen_of(double, computes, &x);
    cede_gen *b = cede_gen_of(double, computes, &y);
    double sum = 0, want = 0;
    for (int i = 0; i < 10; i++) {
        double factor = i % 2 ? 2 : 1;
        CHECK_EQ(cede_next(a, &got), 1);
        sum += got;
        CHECK_EQ(cede_next(b, &got), 1);
        sum += got;
        want += factor * (sqrt(x) + i / 2);
        want += factor * (sqrt(y) + i / 2);
    }
    CHECK(sum == want);
    CHECK_EQ(cede_next(a, NULL), 0);
    CHECK_EQ(cede_next(b, NULL), 0);
    (void)cede_gen_close(a);
    (void)cede_gen_close(b);
}

static int keeps_many_locals(cede_gen *self, void *arg)
{
    long s = *(long *)arg;
    long a = s, b = s * 3, c = s ^ 5, d = s + 9, e = s * s, f = -s, h = s << 3;
    for (int i = 0; i < 20; i++) {
        CEDE_TRY(cede_yield(self, &a));
        a += b, b += c, c += d, d += e, e += f, f += h, h += a;
        a &= 0xffff, b &= 0xffff, c &= 0xffff, d &= 0xffff, e &= 0xffff;
        f &= 0xffff, h &= 0xffff;
    }
    return (int)((a ^ b ^ c ^ d ^ e ^ f ^ h) & 0xffff);
}

TEST(interleaved_generators_keep_their_own_locals)
{
    long seed[50];
    cede_gen *alone[50], *mixed[50];
    for (int i = 0; i < 50; i++) {
        seed[i] = i * 31 + 1;
        alone[i] = cede_gen_of(long, keeps_many_locals, &seed[i]);
        while (cede_next(alone[i], NULL) > 0)
            continue;
        mixed[i] = cede_gen_of(long, keeps_many_locals, &seed[i]);
    }
    for (int step = 0; step <= 20; step++)
        for (int i = 0; i < 50; i++)
            CHECK_EQ(cede_next(mixed[i], NULL), step < 20);
    for (int i = 0; i < 50; i++)
        CHECK_EQ(cede_gen_close(mixed[i]), cede_gen_close(alone[i]));
}

/* ---- frames ---------------------------------------------------------- */

struct tree {
    int left, right; /* a half-open range, walked in order */
};

static int walk(cede_gen *self, int left, int right)
{
    if (left == right)
        return 0;
    int middle = left + (right - left) / 2;
    CEDE_TRY(walk(self, left, middle));
    CEDE_TRY(cede_yield(self, &middle));
    return walk(self, middle + 1, right);
}

static int walks(cede_gen *self, void *arg)
{
    struct tree *t = arg;
    return walk(self, t->left, t->right);
}

TEST(a_body_may_yield_from_any_depth_of_its_calls)
{
    cede_gen *g = cede_gen_of(int, walks, (&(struct tree){0, 500}));
    int x;
    for (int i = 0; i < 500; i++) {
        CHECK_EQ(cede_next(g, &x), 1);
        CHECK_EQ(x, i);
    }
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

TEST(a_body_may_be_stopped_at_any_depth_of_its_calls)
{
    cede_gen *g = cede_gen_of(int, walks, (&(struct tree){0, 500}));
    for (int i = 0; i < 123; i++)
        CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int nests(cede_gen *self, void *arg)
{
    int depth = *(int *)arg - 1, x = 0, rc = 0;
    if (depth < 0)
        return cede_yield(self, &(int){1});
    cede_gen *inner = cede_gen_of(int, nests, &depth);
    while (rc >= 0 && (rc = cede_next(inner, &x)) > 0)
        rc = cede_yield(self, &(int){x + 1});
    int closed = cede_gen_close(inner);
    return rc < 0 ? rc : closed;
}

TEST(generators_nest_a_hundred_deep)
{
    cede_gen *g = cede_gen_of(int, nests, &(int){100});
    int x = 0;
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 101);
    CHECK_EQ(cede_next(g, &x), 0);
    CHECK_EQ(cede_gen_close(g), 0);
}

TEST(closing_the_outermost_generator_closes_the_nest)
{
    cede_gen *g = cede_gen_of(int, nests, &(int){50});
    CHECK_EQ(cede_next(g, NULL), 1);
    CHECK_EQ(cede_gen_close(g), 0);
}

static int steps_the_argument(cede_gen *self, void *arg)
{
    int x, rc = cede_next(arg, &x);
    return rc > 0 ? cede_yield(self, &x) : rc;
}

TEST(a_generator_may_change_its_consumer_between_steps)
{
    cede_gen *g = cede_gen_of(int, yields_some, &(int){3});
    int x;
    CHECK_EQ(cede_next(g, &x), 1);
    cede_gen *other = cede_gen_of(int, steps_the_argument, g);
    CHECK_EQ(cede_next(other, &x), 1);
    CHECK_EQ(x, 1);
    CHECK_EQ(cede_gen_close(other), 0);
    CHECK_EQ(cede_next(g, &x), 1);
    CHECK_EQ(x, 2);
    CHECK_EQ(cede_gen_close(g), 0);
}

SUITE("gen_value")
