/* SPDX-License-Identifier: MIT
 *
 * limit_test.c - address space and data that are limited: whatever the limit,
 * a program that wants more than it allows ends well, having been told
 * -ENOMEM, and what was started before goes on.
 *
 * One process for each limit.  Sanitizers need terabytes, and emulators do not
 * hold programs to limits: skipped there.
 */
#include "check.h"
#include <sys/resource.h>

enum { MANY = 20000 };
#define MIB ((rlim_t)1 << 20)

/* ---- a program that wants everything --------------------------------- */

static int gets_one(void *q)
{
    int x;
    int rc = cede_get(q, &x);
    return rc < 0 ? rc : 0;
}

static int yields_once(cede_gen *self, void *arg)
{
    return cede_yield(self, arg);
}

/* Tasks that wait, until there is no room for one more; how many. */
static int start_many(cede_group *g, cede_queue *q)
{
    int n = 0, rc = 0;
    while (n < MANY && (rc = cede_go(g, gets_one, q)) == 0)
        n++;
    if (rc < 0) {
        CHECK_ERR(rc, -ENOMEM);
        CHECK(cede_message()[0] == '\0' || strstr(cede_message(), "memory"));
    }
    return n;
}

static int tasks_work(cede_queue *q, int n)
{
    CEDE_GROUP(g);
    for (int i = 0; i < n; i++)
        CEDE_TRY(cede_go(&g, gets_one, q));
    for (int i = 0; i < n; i++)
        CEDE_TRY(cede_put(q, &i));
    return cede_join(&g);
}

/* Generators take what is left, and give it back. */
static void generators_work(void)
{
    cede_gen *g[100];
    for (int i = 0; i < 100; i++) {
        g[i] = cede_gen_new(yields_once, &i, sizeof i, 0);
        int rc = cede_next(g[i], NULL);
        CHECK(rc == (g[i] ? 1 : -ENOMEM));
    }
    for (int i = 0; i < 100; i++)
        CHECK(cede_gen_close(g[i]) == (g[i] ? 0 : -ENOMEM));
}

/* The program itself still gets memory. */
static void program_works(void)
{
    void *block = malloc((size_t)1 << 20);
    CHECK(block != NULL);
    free(block);
}

static int wants_everything(void *arg)
{
    cede_queue *q = cede_queue_new(sizeof(int), 4);
    int n;
    {
        CEDE_GROUP(g);
        n = start_many(&g, q);
        if (n < MANY)
            program_works();
        generators_work();
        cede_group_cancel(&g);
        int rc = cede_join(&g);
        CHECK(rc == 0 || rc == -ENOMEM);
    }
    int rc = tasks_work(q, n < 100 ? n : 100);
    cede_queue_free(q);
    *(int *)arg = n;
    return rc;
}

/* ---- under every limit ----------------------------------------------- */

struct limited {
    int resource;
    rlim_t bytes;
};

static void run_limited(void *arg)
{
    const struct limited *l = arg;
    const struct rlimit limit = {l->bytes, l->bytes};
    int n = 0;
    CHECK_EQ(setrlimit(l->resource, &limit), 0);
    int rc = cede_run(wants_everything, &n);
    CHECK(rc == 0 || rc == -ENOMEM);
    printf("%d", n);
}

/* How many tasks there could be. */
static int tasks_within(int resource, rlim_t bytes)
{
    struct limited l = {resource, bytes};
    const struct output *o = OUTPUT_OF(run_limited, &l);
    if (o->status != 0)
        check_fail_(__FILE__, __LINE__, "limit of %ju bytes: status %#x: %s %s",
                    (uintmax_t)bytes, (unsigned)o->status, o->text,
                    check_text_);
    return atoi(o->text);
}

static void sweep(int resource, rlim_t from, rlim_t to, rlim_t step)
{
    int first = tasks_within(resource, from), last = first;
    for (rlim_t bytes = from + step; bytes <= to; bytes += step)
        last = tasks_within(resource, bytes);
    CHECK(first < MANY);
    CHECK(last > first);
}

/* A field of /proc/self/status that is in kB; bytes. */
static rlim_t field(const char *name)
{
    char line[256];
    rlim_t kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoul(line + strlen(name), NULL, 10);
    CHECK_EQ(fclose(file), 0);
    CHECK(kib > 0);
    return kib * 1024;
}

TEST(tasks_are_refused_whatever_the_address_space)
{
    sweep(RLIMIT_AS, 64 * MIB, 512 * MIB, 16 * MIB);
}

TEST(tasks_are_refused_whatever_the_data)
{
    sweep(RLIMIT_DATA, 64 * MIB, 512 * MIB, 16 * MIB);
}

/* Where not even a run can begin, and just above. */
TEST(tasks_are_refused_where_nearly_no_address_space_is_left)
{
    rlim_t size = field("VmSize:");
    sweep(RLIMIT_AS, size, size + 12 * MIB, MIB / 8);
}

TEST(tasks_are_refused_where_nearly_no_data_is_left)
{
    rlim_t size = field("VmData:");
    sweep(RLIMIT_DATA, size, size + 12 * MIB, MIB / 8);
}

/* ---- the program comes first ----------------------------------------- */

static int takes_half(void *arg)
{
    void *half = malloc(128 * MIB);
    *(bool *)arg = half != NULL;
    free(half);
    return 0;
}

static void run_in_256_mib(void *arg)
{
    const struct rlimit limit = {256 * MIB, 256 * MIB};
    bool had_half = false;
    (void)arg;
    CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
    CHECK_OK(cede_run(takes_half, &had_half));
    CHECK(had_half);
}

TEST(a_run_leaves_a_limited_address_space_to_the_program)
{
    CHECK_EQ(OUTPUT_OF(run_in_256_mib, NULL)->status, 0);
}

SUITE_UNLESS("limit", SANITIZED || ON_VALGRIND
                          ? "the tool needs the address space itself"
                      : emulated() ? "an emulator ignores limits"
                                   : NULL)
