/* SPDX-License-Identifier: MIT
 *
 * S000-7 - how a generator ends, and what is not an end.
 *
 * The end is an answer of its own (0) and stays.  The one code that means
 * "end" inside a body is CEDE_EXIT, the counterpart of Python's StopIteration
 * and GeneratorExit: a body that lets it out without having been told to stop
 * has broken the protocol, and that is what its consumer hears.  An error is
 * told once, and then the generator is over.
 */
#include "seed.h"

#include <stdio.h>

static int one_item(cede_gen *self, void *arg)
{
    return cede_yield(self, arg);
}

/* Why a body ended itself with the code of the end: what it would have said
 * is replaced by what it did wrong, so it says it here. */
struct ending {
    const char *cause;
    const char *said;
};

static int raises_the_end(cede_gen *self, void *arg)
{
    struct ending *ending = arg;
    CEDE_TRY(cede_yield(self, &(long){1}));
    ending->said = ending->cause;
    return CEDE_EXIT;
}

/* Takes the end of another sequence for an error, and lets it out. */
static int leaks_an_end(cede_gen *self, void *arg)
{
    cede_iter *empty = arg;
    long x;
    if (cede_iter_next(empty, &x) == 0)
        return CEDE_EXIT;
    return cede_yield(self, &x);
}

static int fails(cede_gen *self, void *arg)
{
    CEDE_TRY(cede_yield(self, &(long){1}));
    return cede_fail(SEED_VALUE_ERROR, "%s", (const char *)arg);
}

static void end_again_and_again(long steps)
{
    long x = 1;
    cede_gen *g = cede_gen_of(long, one_item, &x);
    cede_next(g, NULL);
    while (steps-- > 0)
        if (cede_next(g, NULL) == 0)
            puts("StopIteration None");
    cede_gen_close(g);
}

static void end_by_error(const char *cause)
{
    struct ending ending = {cause, NULL};
    cede_gen *g = cede_gen_of(long, raises_the_end, &ending);
    cede_next(g, NULL);
    int rc = cede_next(g, NULL);
    seed_exception e = seed_translate(SEED_NEXT, rc);
    printf("%s: %s | cause: StopIteration('%s')\n", e.name, e.text,
           ending.said);
    cede_gen_close(g);
}

static void end_by_accident(void)
{
    cede_iter *empty = cede_iter_new(cede_array(NULL, 0, sizeof(long)));
    cede_gen *g = cede_gen_of(long, leaks_an_end, empty);
    int rc = cede_next(g, NULL);
    if (rc < 0)
        seed_print_error(SEED_NEXT, rc);
    cede_gen_close(g);
    cede_iter_close(empty);
}

static void fail_once(char *error)
{
    cede_gen *g = cede_gen_of(long, fails, error);
    cede_next(g, NULL);
    int rc = cede_next(g, NULL);
    seed_exception e = seed_translate(SEED_NEXT, rc);
    printf("%s %s\n", e.name, e.text);
    if (cede_next(g, NULL) == 0)
        puts("finished after error");
    cede_gen_close(g);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 3, "STEPS CAUSE ERROR");
    end_again_and_again(seed_long(argv[1]));
    end_by_error(argv[2]);
    end_by_accident();
    fail_once(argv[3]);
    return 0;
}
