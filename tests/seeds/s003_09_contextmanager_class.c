/* SPDX-License-Identifier: MIT
 *
 * S003-9 - a context manager as a pair of functions: enter's result is there
 * in the block, exit is told of the failure and may suppress it, and is not
 * called when enter failed.
 */
#include "seed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the managers ---------------------------------------------------- */

struct directory {
    char name[32];
};

static int make_directory(void *self)
{
    struct directory *d = self;
    strcpy(d->name, "/tmp/seed-XXXXXX");
    return mkdtemp(d->name) ? 0 : -errno;
}

/* In every case: the failure of the block goes on. */
static int remove_directory(void *self, int rc)
{
    struct directory *d = self;
    rmdir(d->name);
    return rc;
}

static int says_what_it_saw(void *unused, int rc)
{
    (void)unused;
    printf("exit saw %s\n",
           rc < 0 ? seed_translate(SEED_PASS, rc).name : "None");
    return 0;
}

static int fails_to_enter(void *text)
{
    return cede_fail(SEED_OS_ERROR, "%s", (const char *)text);
}

static int never(void *unused, int rc)
{
    (void)unused;
    puts("exit although enter failed");
    return rc;
}

static const struct class
{
    const char *name;
    cede_manager manager;
} tempdir = {"tempdir", {make_directory, remove_directory}},
  swallow = {"swallow", {NULL, says_what_it_saw}},
  enterfails = {"enterfails", {fails_to_enter, never}};

/* ---- their use ------------------------------------------------------- */

static const char *is_dir(const struct directory *d)
{
    struct stat st;
    return seed_bool(stat(d->name, &st) == 0 && S_ISDIR(st.st_mode));
}

static int divide(long a, long b, long *out)
{
    if (b == 0)
        return cede_fail(SEED_ZERO_DIVISION, "division by zero");
    *out = a / b;
    return 0;
}

int main(int argc, char **argv)
{
    seed_begin(argc, argv, 4, "FAILURE NUMERATOR DENOMINATOR ENTER-FAILURE");
    int rc;
    struct directory d;
    puts(tempdir.name);
    cede_using (rc, &tempdir.manager, &d)
        puts(is_dir(&d));
    puts(is_dir(&d));
    cede_using (rc, &tempdir.manager, &d)
        rc = cede_fail(SEED_DEMO_EXCEPTION, "%s", argv[1]);
    if (rc < 0)
        printf("%s %s\n", cede_message(), is_dir(&d));

    long quotient;
    cede_using (rc, &swallow.manager, NULL)
        rc = divide(seed_long(argv[2]), seed_long(argv[3]), &quotient);
    if (rc >= 0)
        printf("%sed\n", swallow.name);

    cede_using (rc, &enterfails.manager, argv[4])
        puts("block although enter failed");
    if (rc < 0)
        printf("%s - exit not called when enter failed\n", cede_message());
    return 0;
}
