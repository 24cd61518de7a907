/* SPDX-License-Identifier: MIT
 *
 * S002-14 - one after the other: the sum; with hand-over: the maximum.  And
 * the error of one I/O reaches only who waits for it.
 *
 * An I/O is given as its seconds, and fails after them if an ! follows.  On the
 * virtual clock the times are exact when SLACK is 0.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>

enum { MOST = 64 };

struct io {
    double seconds;
    const char *error; /* what it fails with; NULL: it does not */
    char message[80];  /* of its failure */
};

struct program {
    struct io sequential[MOST], concurrent[MOST];
    size_t sequential_n, concurrent_n;
    double slack;
};

static int transfer(const struct io *io)
{
    CEDE_TRY(cede_sleep(seed_time(io->seconds)));
    if (io->error)
        return cede_fail(SEED_OS_ERROR, "%s", io->error);
    return 0;
}

/* As a task: a message does not outlive it, so it is kept. */
static int io_task(void *arg)
{
    struct io *io = arg;
    int rc = transfer(io);
    if (rc < 0)
        snprintf(io->message, sizeof io->message, "%s", cede_message());
    return rc;
}

static void parse(struct io *io, size_t *n, const char *arg, const char *error)
{
    const char *const *text = seed_texts(arg, n);
    if (*n > MOST)
        seed_refuse("more than 64", arg);
    for (size_t i = 0; i < *n; i++) {
        char seconds[32];
        snprintf(seconds, sizeof seconds, "%.*s", (int)strcspn(text[i], "!"),
                 text[i]);
        io[i].seconds = seed_double(seconds);
        io[i].error = strchr(text[i], '!') ? error : NULL;
    }
}

/* Whether `took` is `expected`, give or take the slack - never less. */
static void print_time(const char *what, cede_time expected, cede_time took,
                       double slack)
{
    printf("%s ~%.1f: %s", what, seed_seconds(expected),
           seed_bool(took >= expected && took <= expected + seed_time(slack)));
}

static int one_after_the_other(struct program *p)
{
    cede_time sum = 0, start = cede_clock();
    for (size_t i = 0; i < p->sequential_n; i++) {
        CEDE_TRY(transfer(&p->sequential[i]));
        sum += seed_time(p->sequential[i].seconds);
    }
    print_time("sequential", sum, cede_clock() - start, p->slack);
    putchar('\n');
    return 0;
}

static void print_outcome(const struct io *io, int rc)
{
    if (rc < 0)
        printf("%s('%s')", seed_translate(SEED_NEXT, rc).name, io->message);
    else
        seed_repr(seed_float(io->seconds));
}

static int all_at_once(struct program *p)
{
    cede_call calls[MOST];
    int results[MOST];
    cede_time longest = 0, start = cede_clock();
    for (size_t i = 0; i < p->concurrent_n; i++) {
        calls[i] = (cede_call){io_task, &p->concurrent[i]};
        cede_time length = seed_time(p->concurrent[i].seconds);
        if (length > longest)
            longest = length;
    }
    CEDE_TRY(cede_gather_all(calls, p->concurrent_n, results));
    print_time("concurrent", longest, cede_clock() - start, p->slack);
    printf(" [");
    for (size_t i = 0; i < p->concurrent_n; i++) {
        printf("%s", i > 0 ? ", " : "");
        print_outcome(&p->concurrent[i], results[i]);
    }
    puts("]");
    return 0;
}

static int amain(void *arg)
{
    struct program *p = arg;
    CEDE_TRY(one_after_the_other(p));
    return all_at_once(p);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 6,
               "--clock virtual|real SLACK SEQUENTIAL CONCURRENT ERROR");
    struct program p = {.slack = seed_double(argv[3])};
    parse(p.sequential, &p.sequential_n, argv[4], argv[6]);
    parse(p.concurrent, &p.concurrent_n, argv[5], argv[6]);
    return seed_run(argv, amain, &p) < 0;
}
