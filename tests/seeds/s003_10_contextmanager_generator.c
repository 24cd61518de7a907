/* SPDX-License-Identifier: MIT
 *
 * S003-10 - a generator as a context manager: the same use as a pair of
 * functions, and what goes wrong with the yield is told.
 */
#include "seed.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* What the failures are called. */
struct texts {
    const char *failure, *body, *suppressed, *translated, *own;
};

/* ---- the managers ---------------------------------------------------- */

static int tempdir(cede_gen *self, void *unused)
{
    (void)unused;
    int rc;
    cede_tempdir t = {0};
    cede_using (rc, &cede_manager_tempdir, &t)
        rc = cede_yield(self, &t.path); /* here the magic happens */
    return rc;
}

static int no_yield(cede_gen *self, void *unused)
{
    (void)self;
    (void)unused;
    return 0;
}

static int two(cede_gen *self, void *unused)
{
    (void)unused;
    CEDE_TRY(cede_yield(self, &(const char *){"1"}));
    return cede_yield(self, &(const char *){"2"});
}

static int not_stopping(cede_gen *self, void *unused)
{
    (void)unused;
    int rc = cede_yield(self, NULL);
    return rc == SEED_KEY_ERROR ? cede_yield(self, &(const char *){"again"})
                                : rc;
}

static int swallow(cede_gen *self, void *unused)
{
    (void)unused;
    int rc = cede_yield(self, NULL);
    return rc == SEED_KEY_ERROR ? 0 : rc;
}

static int translate(cede_gen *self, void *text)
{
    int rc = cede_yield(self, NULL);
    return rc == SEED_KEY_ERROR
               ? cede_fail(SEED_VALUE_ERROR, "%s", (const char *)text)
               : rc;
}

/* ---- their use ------------------------------------------------------- */

static const char *is_dir(const char *path)
{
    struct stat st;
    return seed_bool(stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static int fill_and_leave(char *path, size_t size, const char *failure)
{
    int rc;
    cede_with (rc, char *, dir, cede_gen_of(char *, tempdir, NULL)) {
        snprintf(path, size, "%s", dir);
        if (failure)
            rc = cede_fail(SEED_DEMO_EXCEPTION, "%s", failure);
        else
            puts(is_dir(dir));
    }
    return rc;
}

/* A block around a failure, NULL for none, of this code. */
static int within(cede_gen *manager, const char *says, int code,
                  const char *failure)
{
    int rc;
    cede_using (rc, &cede_manager_gen, manager) {
        if (says)
            puts(says);
        if (failure)
            rc = cede_fail(code, "%s", failure);
    }
    return rc;
}

static void report(const char *title, int rc, const char *result)
{
    if (rc >= 0) {
        printf("%s -> %s\n", title, result);
        return;
    }
    seed_exception e = seed_translate(SEED_WITH, rc);
    printf("%s !! %s %s\n", title, e.name, e.text);
}

/* The same with a manager for one block. */
static void try_one(const char *title, cede_gen_fn *body, const char *says,
                    int code, const char *failure, const struct texts *t)
{
    cede_gen *g = cede_gen_of(char *, body, (void *)(uintptr_t)t->translated);
    report(title, within(g, says, code, failure), t->suppressed);
    cede_gen_close(g);
}

static int twice(cede_gen *g)
{
    CEDE_TRY(within(g, NULL, 0, NULL));
    return within(g, NULL, 0, NULL);
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 5, "FAILURE BODY SUPPRESSED TRANSLATED OWN");
    struct texts t = {argv[1], argv[2], argv[3], argv[4], argv[5]};
    char path[256];
    fill_and_leave(path, sizeof path, NULL);
    puts(is_dir(path));
    if (fill_and_leave(path, sizeof path, t.failure) < 0)
        printf("%s %s\n", cede_message(), is_dir(path));

    try_one("no yield", no_yield, "NEVER", 0, NULL, &t);
    try_one("two yields", two, t.body, 0, NULL, &t);
    try_one("yields after throw", not_stopping, NULL, SEED_KEY_ERROR, "k", &t);
    try_one("swallows", swallow, NULL, SEED_KEY_ERROR, "k", &t);
    try_one("translates", translate, NULL, SEED_KEY_ERROR, "k", &t);
    cede_gen *once = cede_gen_of(char *, tempdir, NULL);
    report("one-shot reuse", twice(once), t.suppressed);
    cede_gen_close(once);
    /* The code that means the end of generators, of the block's own. */
    try_one("StopIteration passes unchanged", swallow, NULL, CEDE_EXIT, t.own,
            &t);
    return 0;
}
