/* SPDX-License-Identifier: MIT
 *
 * cgroup_kernel_test.c - in a control group with a memory limit, a program
 * that wants more is told so in time, and not ended by the kernel.
 *
 * Makes a group of its own and removes it: skipped where it may not, which is
 * everywhere but as root on a control group file system with memory limits.
 */
#include "check.h"
#include "deep.h"
#include <fcntl.h>
#include <sys/stat.h>

#define MIB (1024 * KIB)

/* ---- a group of 128 MiB ---------------------------------------------- */

/* Where groups with a memory limit can be made, and how they call things. */
static const struct version {
    const char *top, *limit, *events;
} versions[] = {
    {"/sys/fs/cgroup", "memory.max", "memory.events"},
    {"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.oom_control"}};

static char group[128];

static bool write_to(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", group, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return ok;
}

/* A group of 128 MiB in `group`; NULL: not here. */
static const struct version *make_group(void)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
        snprintf(group, sizeof group, "%s/cede-test-%d", versions[i].top,
                 (int)getpid());
        if (mkdir(group, 0700) < 0)
            continue;
        if (write_to(versions[i].limit, "134217728"))
            return &versions[i];
        rmdir(group);
    }
    return NULL;
}

/* ---- a program that wants more --------------------------------------- */

static int gets_one(void *q)
{
    int x;
    int rc = cede_get(q, &x);
    return rc < 0 ? rc : 0;
}

/* Takes more of its stack than the page every stack begins with. */
static int recurses_and_gets_one(void *q)
{
    (void)recurse(2);
    return gets_one(q);
}

enum { MANY = 100000 }; /* three times the limit */

/* Start tasks until one is refused, and then let them run; how many there
 * were. */
static int start_many(cede_fn *fn, cede_queue *q)
{
    CEDE_GROUP(g);
    int rc = 0, n = 0;
    while (n < MANY && (rc = cede_go(&g, fn, q)) == 0)
        n++;
    CHECK_ERR(rc, -ENOMEM);
    CHECK(strstr(cede_message(), group) && strstr(cede_message(), "134217728"));
    CHECK_ERR(cede_go(&g, fn, q), -ENOMEM);
    CHECK_ERR(cede_join(&g), -ENOMEM);
    return n;
}

static int grows(void *q)
{
    CHECK(start_many(recurses_and_gets_one, q) > 8000);
    return 0;
}

/* A loop lets stacks go that it did not need for a second. */
static void be_idle(void)
{
    CHECK_OK(cede_sleep(3 * CEDE_SEC));
}

/* From new stacks; again with those that were given back; and again when the
 * program has used some of the memory meanwhile. */
static int repeats(void *q)
{
    CHECK(start_many(gets_one, q) > 8000);
    int n = start_many(gets_one, q);
    CHECK(n > 16384); /* so that some of them are without pages afterwards */
    be_idle();
    char *more = malloc(24 * MIB);
    CHECK(more != NULL);
    memset(more, 1, 24 * MIB);
    touch(more);
    CHECK(start_many(gets_one, q) < n);
    free(more);
    return 0;
}

static void run_in_group(void *arg)
{
    cede_fn **fn = arg;
    CHECK(write_to("cgroup.procs", "0"));
    cede_queue *q = cede_queue_new(sizeof(int), 1);
    CHECK_OK(cede_run(*fn, q));
    cede_queue_free(q);
}

/* ---- what the kernel did --------------------------------------------- */

static bool nobody_was_ended(const struct version *v)
{
    char path[256], text[1024] = "\n";
    snprintf(path, sizeof path, "%s/%s", group, v->events);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text + 1, sizeof text - 2);
    close(fd);
    text[n > 0 ? n + 1 : 0] = '\0';
    return strstr(text, "\noom_kill 0\n") != NULL;
}

static void survives(cede_fn *fn)
{
    const struct version *v = make_group();
    const struct output *o = OUTPUT_OF(run_in_group, &fn);
    bool nobody = nobody_was_ended(v);
    CHECK_EQ(rmdir(group), 0);
    if (o->status != 0)
        check_fail_(__FILE__, __LINE__, "status %#x: %s %s",
                    (unsigned)o->status, o->text, check_text_);
    CHECK(nobody);
}

TEST(tasks_are_refused_before_the_kernel_ends_the_process)
{
    survives(repeats);
}

TEST(tasks_that_have_not_run_yet_have_room_to_grow)
{
    survives(grows);
}

static const char *why_not(void)
{
    if (SANITIZED)
        return "sanitizers need more memory";
    if (!make_group())
        return "no control group with a memory limit can be made";
    rmdir(group);
    return NULL;
}

SUITE_UNLESS("cgroup_kernel",
             ON_VALGRIND ? "Valgrind needs the memory itself" : why_not())
