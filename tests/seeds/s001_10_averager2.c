/* SPDX-License-Identifier: MIT
 *
 * S001-10 - a coroutine that ends normally and returns a record.
 *
 * It averages what it is sent until it is sent nothing; the record is written
 * through its argument, as every result larger than an int is.  Priming by
 * next and by send of nothing is the same.
 */
#include "seed.h"

#include <stdio.h>

struct record {
    long count;
    seed_value average;
};

static int averager2(cede_gen *self, void *arg)
{
    struct record *record = arg;
    double total = 0, term;
    int rc;
    *record = (struct record){0, seed_none()};
    while ((rc = cede_receive(self, &term)) > 0) {
        total += term;
        record->count++;
        record->average = seed_float(total / (double)record->count);
    }
    return rc;
}

static void print_record(const struct record *record)
{
    printf("{'count': %ld, 'average': ", record->count);
    seed_repr(record->average);
    puts("}");
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 1, "TERMS");
    size_t n;
    const double *term = seed_doubles(argv[1], &n);

    struct record record = {-1, seed_none()};
    cede_gen *coro = cede_gen_new(averager2, &record, 0, sizeof(double));
    cede_next(coro, NULL);
    for (size_t i = 0; i < n; i++)
        cede_send(coro, &term[i], NULL);
    if (cede_send(coro, NULL, NULL) == 0)
        print_record(&record);
    cede_gen_close(coro);

    coro = cede_gen_new(averager2, &record, 0, sizeof(double));
    cede_send(coro, NULL, NULL);
    if (cede_next(coro, NULL) == 0)
        print_record(&record);
    cede_gen_close(coro);
    return 0;
}
