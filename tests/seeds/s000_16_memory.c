/* SPDX-License-Identifier: MIT
 *
 * S000-16 - memory: a generator over n items needs the same as over one.
 *
 * Sums the squares of 0 .. n-1 twice: pulled one by one, and through an array
 * of all of them.  The allocator is watched by wrapping it at link time
 * (--wrap=malloc and so on, see CMakeLists.txt): it counts calls, and bytes in
 * use.  That is the heap, as in the original; a generator's stack is not in
 * it, and does not grow with n either.
 *
 * With --calls also prints how often the allocator was called while iterating,
 * which must be never for the generator, whatever n.
 */
#include "seed.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the watched allocator ------------------------------------------- */

static size_t calls, in_use, peak;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *ptr, size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void __wrap_free(void *ptr);

static void *count_in(void *ptr)
{
    calls++;
    in_use += malloc_usable_size(ptr);
    if (in_use > peak)
        peak = in_use;
    return ptr;
}

static void count_out(void *ptr)
{
    in_use -= malloc_usable_size(ptr);
}

void *__wrap_malloc(size_t size)
{
    return count_in(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return count_in(__real_calloc(n, size));
}

void *__wrap_realloc(void *ptr, size_t size)
{
    count_out(ptr);
    return count_in(__real_realloc(ptr, size));
}

void __wrap_free(void *ptr)
{
    count_out(ptr);
    __real_free(ptr);
}

/* ---- the two ways ---------------------------------------------------- */

struct figures {
    long long sum;
    size_t peak;  /* bytes, above what was in use before */
    size_t calls; /* of the allocator, while iterating */
};

static int numbers(cede_gen *self, void *arg)
{
    for (long i = 0, n = *(long *)arg; i < n; i++)
        CEDE_TRY(cede_yield(self, &i));
    return 0;
}

static struct figures pull_one_by_one(long n)
{
    struct figures f = {0};
    size_t before = peak = in_use;
    cede_gen *g = cede_gen_of(long, numbers, &n);
    long x;
    size_t calls_before = calls;
    while (cede_next(g, &x) > 0)
        f.sum += (long long)x * x;
    f.calls = calls - calls_before;
    cede_gen_close(g);
    f.peak = peak - before;
    return f;
}

/* An array that doubles when it is full. */
struct array {
    long long *item;
    size_t n, capacity;
};

static void append(struct array *a, long long x)
{
    if (a->n == a->capacity) {
        a->capacity = a->capacity ? a->capacity * 2 : 1;
        a->item = realloc(a->item, a->capacity * sizeof *a->item);
        if (!a->item)
            exit(1);
    }
    a->item[a->n++] = x;
}

static struct figures keep_them_all(long n)
{
    struct figures f = {0};
    size_t before = peak = in_use;
    cede_gen *g = cede_gen_of(long, numbers, &n);
    struct array all = {0};
    long x;
    size_t calls_before = calls;
    while (cede_next(g, &x) > 0)
        append(&all, (long long)x * x);
    f.calls = calls - calls_before;
    for (size_t i = 0; i < all.n; i++)
        f.sum += all.item[i];
    free(all.item);
    cede_gen_close(g);
    f.peak = peak - before;
    return f;
}

/* 8192 is "8 KiB". */
static void print_size(long bytes)
{
    if (bytes % (1L << 20) == 0)
        printf("%ld MiB", bytes >> 20);
    else
        printf("%ld KiB", bytes >> 10);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "[--calls] N LESS_THAN MORE_THAN (bytes)");
    bool show_calls = strcmp(argv[1], "--calls") == 0;
    char **arg = argv + 1 + show_calls;
    if (argc != 4 + show_calls)
        seed_refuse("wrong number of parameters", argv[1]);
    long n = seed_long(arg[0]), less = seed_long(arg[1]),
         more = seed_long(arg[2]);

    struct figures generator = pull_one_by_one(n), list = keep_them_all(n);
    printf("%s generator peak < ", seed_bool(generator.sum == list.sum));
    print_size(less);
    printf(": %s | list peak > ", seed_bool(generator.peak < (size_t)less));
    print_size(more);
    printf(": %s\n", seed_bool(list.peak > (size_t)more));
    if (show_calls)
        printf("allocator calls while iterating: generator %zu, list %zu\n",
               generator.calls, list.calls);
    return 0;
}
