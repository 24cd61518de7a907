/* SPDX-License-Identifier: MIT
 *
 * million_test.c - a million tasks and a million generators that wait
 * together, with guards and with the kernel's stock settings: order, results,
 * what they cost, and what is left of it afterwards.
 *
 * That many in a release build on Linux 6.13 or later; elsewhere as many as
 * the build, its sanitizer or the kernel carries.  Skipped where there is too
 * little memory for it.
 */
#define CHECK_SECONDS_ 250
#include "check.h"
#include <sys/mman.h>

#if SANITIZED
enum { MANY = 2000 }; /* ThreadSanitizer ends at 8,128, slowly */
#elif defined(CD_PLAIN_GUARDS)
enum { MANY = 20000 }; /* as kernels before 6.13 */
#elif !defined(NDEBUG)
enum { MANY = 100000 };
#elif defined(__clang__)
enum { MANY = 100000 }; /* gcc's turn is enough */
#else
enum { MANY = 1000000 };
#endif

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

enum {
    A_TASK = 4400,      /* bytes of memory and page tables */
    A_GENERATOR = 4600, /* its handle outlives its stack */
    MOST_MAPPINGS = 60, /* of the process, besides those it began with */
    KEPT = 16384        /* stacks that keep their pages for the next task */
};

/* ---- what it costs --------------------------------------------------- */

/* A field of a file in /proc that is in kB; bytes. */
static size_t field(const char *path, const char *name)
{
    char line[256];
    size_t kib = 0;
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtoul(line + strlen(name), NULL, 10);
    CHECK_EQ(fclose(file), 0);
    return kib * 1024;
}

static size_t memory(void)
{
    return field("/proc/self/status", "VmRSS:");
}

static size_t page_tables(void)
{
    return field("/proc/self/status", "VmPTE:");
}

static int mappings(void)
{
    int lines = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    CHECK(file != NULL);
    for (int c; (c = getc(file)) != EOF;)
        lines += c == '\n';
    CHECK_EQ(fclose(file), 0);
    return lines;
}

static struct {
    size_t memory, tables;
    int mappings;
} before;

static void measure_before(void)
{
    before.memory = memory();
    before.tables = page_tables();
    before.mappings = mappings();
}

/* While all of them wait.  The promise is that of a release build. */
static void check_cost(size_t most)
{
    size_t bytes = memory() - before.memory + page_tables() - before.tables;
    if (MANY < 1000000)
        return;
    if (bytes / MANY > most)
        check_fail_(__FILE__, __LINE__, "%zu bytes each", bytes / MANY);
    CHECK(mappings() - before.mappings <= MOST_MAPPINGS);
}

/* When all of them are over, and the loop is idle.  Page tables stay: guards
 * are in them. */
static void check_given_back(void)
{
    size_t most = (size_t)KEPT * 8192 + 32 * (size_t)MANY + ((size_t)8 << 20);
    if (SANITIZED)
        return;
    for (int i = 0; i < 10000 && memory() > before.memory + most; i++)
        CHECK_OK(cede_sleep(CEDE_MS));
    CHECK(memory() <= before.memory + most);
}

/* ---- tasks ----------------------------------------------------------- */

static int args[MANY]; /* each task's number */
static int woken[MANY], nwoken, nwaiting;

static void begin(void)
{
    for (int i = 0; i < MANY; i++)
        args[i] = woken[i] = i; /* and both touched, not to be counted */
    nwoken = nwaiting = 0;
    measure_before();
}

/* Start one for each number, and return when all of them wait. */
static void start_all(cede_group *g, cede_fn *fn)
{
    for (int i = 0; i < MANY; i++)
        CHECK_OK(cede_go(g, fn, &args[i]));
    while (nwaiting < MANY)
        CHECK_OK(cede_sleep(0));
    CHECK_EQ(nwoken, 0);
    check_cost(A_TASK);
}

/* They woke in the order of `rank`. */
static void check_order(int (*rank)(int))
{
    CHECK_EQ(nwoken, MANY);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(rank(woken[i]), i);
}

static int same(int i)
{
    return i;
}

/* A permutation: 7,919 is prime, and no divisor of any MANY. */
static int shuffled(int i)
{
    return (int)((int64_t)i * 7919 % MANY);
}

static int sleeps(void *arg)
{
    int i = *(int *)arg;
    nwaiting++;
    CEDE_TRY(cede_sleep(CEDE_SEC + shuffled(i) * CEDE_US));
    woken[nwoken++] = i;
    return 0;
}

static void all_sleep(void)
{
    CEDE_GROUP(g);
    start_all(&g, sleeps);
    CHECK_OK(cede_join(&g));
    check_order(shuffled);
}

static cede_queue *queue;

static int gets(void *arg)
{
    int i = *(int *)arg, item;
    nwaiting++;
    CEDE_TRY(cede_get(queue, &item));
    CHECK_EQ(item, i);
    woken[nwoken++] = i;
    return 0;
}

static void all_get(void)
{
    CEDE_GROUP(g);
    queue = cede_queue_new(sizeof(int), 16);
    start_all(&g, gets);
    for (int i = 0; i < MANY; i++)
        CHECK_OK(cede_put(queue, &i));
    CHECK_OK(cede_join(&g));
    check_order(same);
    cede_queue_free(queue);
}

static cede_future *awaited;

static int answers_42(void *arg)
{
    (void)arg;
    while (nwaiting < MANY)
        CEDE_TRY(cede_sleep(0));
    CEDE_TRY(cede_sleep(CEDE_MS));
    return 42;
}

static int awaits(void *arg)
{
    int i = *(int *)arg;
    nwaiting++;
    CHECK_EQ(cede_await(awaited), 42);
    woken[nwoken++] = i;
    return i;
}

/* With a handle for each, which is where its result is. */
static void all_await(void)
{
    static cede_future *f[MANY];
    CEDE_GROUP(g);
    awaited = cede_spawn(&g, answers_42, NULL);
    for (int i = 0; i < MANY; i++)
        CHECK((f[i] = cede_spawn(&g, awaits, &args[i])) != NULL);
    CHECK_EQ(cede_await(awaited), 42);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(cede_await(f[i]), i);
    check_order(same);
    CHECK_OK(cede_join(&g));
}

/* In one process: the second million takes what the first gave back. */
VIRTUAL_TEST(a_million_tasks_sleep_and_another_million_await_one_future)
{
    begin();
    all_sleep();
    check_given_back();
    begin();
    all_await();
}

static int queue_main(void *arg)
{
    (void)arg;
    begin();
    all_get();
    check_given_back();
    return 0;
}

TEST(a_million_tasks_wait_for_one_queue_and_are_served_in_order)
{
    CHECK_OK(cede_run(queue_main, NULL));
}

/* ---- generators ------------------------------------------------------ */

static int yields_twice(cede_gen *self, void *arg)
{
    int i = *(int *)arg;
    CEDE_TRY(cede_yield(self, &i));
    i++;
    return cede_yield(self, &i);
}

TEST(a_million_generators_are_suspended_at_once)
{
    static cede_gen *g[MANY];
    int x;
    memset(g, 1, sizeof g);
    begin();
    for (int i = 0; i < MANY; i++) {
        g[i] = cede_gen_of(int, yields_twice, &args[i]);
        CHECK_EQ(cede_next(g[i], &x), 1);
    }
    check_cost(A_GENERATOR);
    for (int i = 0; i < MANY; i++) {
        CHECK_EQ(cede_next(g[i], &x), 1);
        CHECK_EQ(x, i + 1);
    }
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(cede_gen_close(g[i]), 0);
    check_given_back();
}

/* ---- where ----------------------------------------------------------- */

static bool guards_are_free(void)
{
    void *page = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool are = madvise(page, 65536, MADV_GUARD_INSTALL) == 0;
    munmap(page, 65536);
    return are;
}

static const char *why_not(void)
{
    if (emulated())
        return "an emulator says it has such guards, and has none";
    size_t available = field("/proc/meminfo", "MemAvailable:");
    if (MANY > 20000 && !guards_are_free())
        return "guards that cost no mappings came with Linux 6.13";
    if (MANY == 1000000 && available < (size_t)6 << 30)
        return "less than 6 GiB of memory are available";
    return NULL;
}

SUITE_UNLESS("million",
             ON_VALGRIND ? "Valgrind searches a list of stacks" : why_not())
