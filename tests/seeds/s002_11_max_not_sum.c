/* SPDX-License-Identifier: MIT
 *
 * S002-11 - one after the other takes the sum, all at once the maximum.
 *
 * First the table of how long n operations take one after the other; then n
 * sleeps of random lengths as a gather of n tasks: as long as the longest one,
 * and the results in the order of the calls.
 *
 * On the virtual clock "close to max" is exact when SLACK is 0.
 */
#include "seed.h"
#include "twister.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the table ------------------------------------------------------- */

/* x with so many decimals and a comma every three digits. */
static const char *grouped(char *out, double x, int decimals)
{
    char digits[40];
    snprintf(digits, sizeof digits, "%.*f", decimals, x);
    size_t whole = strcspn(digits, "."), n = 0;
    for (size_t i = 0; i < whole; i++) {
        if (i > 0 && (whole - i) % 3 == 0)
            out[n++] = ',';
        out[n++] = digits[i];
    }
    strcpy(out + n, digits + whole);
    return out;
}

static void print_row(long n, long each)
{
    char a[60], b[60], c[60], d[60], e[60];
    double s = (double)each * (double)n;
    printf("%13s ops x %ld s synchronously = %s min = %s h = %s d = %s y\n",
           grouped(a, (double)n, 0), each, grouped(b, s / 60, 0),
           grouped(c, s / 3600, 1), grouped(d, s / 86400, 1),
           grouped(e, s / 86400 / 365.25, 1));
}

/* ---- the sleeps ------------------------------------------------------ */

struct sleeper {
    cede_time length;
    int index;
};

static int sleep_and_return(void *arg)
{
    const struct sleeper *s = arg;
    CEDE_TRY(cede_sleep(s->length));
    return s->index;
}

struct sleeps {
    const long *counts;
    size_t counts_n;
    double longest, slack;
    struct twister random;
};

/* n sleeps: all but the last of random length; their sum in *sum. */
static void choose(struct sleeps *all, struct sleeper *s, cede_call *calls,
                   long n, double *sum)
{
    *sum = 0;
    for (long i = 0; i < n; i++) {
        double length = all->longest;
        if (i < n - 1)
            length *= twister_random(&all->random);
        *sum += length;
        s[i] = (struct sleeper){seed_time(length), (int)i};
        calls[i] = (cede_call){sleep_and_return, &s[i]};
    }
}

static bool in_order(const int *results, long n)
{
    for (long i = 0; i < n; i++)
        if (results[i] != i)
            return false;
    return true;
}

/* Gather n sleeps; print how it went. */
static int sleep_all(struct sleeps *all, struct sleeper *s, cede_call *calls,
                     int *results, long n)
{
    double sum;
    choose(all, s, calls, n, &sum);
    cede_time longest = seed_time(all->longest), start = cede_clock();
    CEDE_TRY(cede_gather(calls, (size_t)n, results));
    cede_time took = cede_clock() - start;
    bool close = took >= longest && took <= longest + seed_time(all->slack);
    printf("%ld sum=%.1f max=%.1f close to max: %s ordered: %s\n", n, sum,
           all->longest, seed_bool(close), seed_bool(in_order(results, n)));
    return 0;
}

static int sleep_for_each_count(void *arg)
{
    struct sleeps *all = arg;
    int rc = 0;
    for (size_t i = 0; i < all->counts_n && rc >= 0; i++) {
        size_t n = (size_t)all->counts[i];
        struct sleeper *s = calloc(n, sizeof *s);
        cede_call *calls = calloc(n, sizeof *calls);
        int *results = calloc(n, sizeof *results);
        rc = -ENOMEM;
        if (s && calls && results)
            rc = sleep_all(all, s, calls, results, (long)n);
        free(results);
        free(calls);
        free(s);
    }
    return rc;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 8,
               "--clock virtual|real OPERATIONS SECONDS_EACH SEED LONGEST "
               "SLACK COUNTS");
    size_t n;
    const long *operations = seed_longs(argv[3], &n);
    for (size_t i = 0; i < n; i++)
        print_row(operations[i], seed_long(argv[4]));

    struct sleeps all = {.longest = seed_double(argv[6]),
                         .slack = seed_double(argv[7])};
    all.counts = seed_longs(argv[8], &all.counts_n);
    twister_seed(&all.random, (uint32_t)seed_long(argv[5]));
    int rc = seed_run(argv, sleep_for_each_count, &all);
    if (rc < 0)
        fprintf(stderr, "%s: %s\n", cede_strerror(rc), cede_message());
    return rc < 0;
}
