/* SPDX-License-Identifier: MIT
 *
 * post.c - what it costs to have another thread's loop do something.
 *
 * post_throughput    1,000,000 posts of a callback that counts, from one other
 *                    thread as fast as it can; ns a post, on two cores
 * post_throughput_2  the same from two other threads
 * post_latency_p50, _p99, _p999  from a post to its callback, in a loop that
 *                    sleeps: the other thread pauses before each until the
 *                    last one came and the loop is asleep again; both threads
 *                    on one core
 * post_latency_2_p50 and so on  on two cores, of which the loop's is idle
 *
 * The floor is a stack of letters that is taken as a whole, and a futex to
 * sleep on: no allocation, no loop that also looks at anything else, no error.
 */
#define _GNU_SOURCE
#include "apart.h"

#include <cede.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { POSTS = 1000000, SLOW_POSTS = 2000, POSTERS_MAX = 2 };

/* ---- those who post -------------------------------------------------- */

typedef void post_fn(long i);

/* One run: who posts how many, and what became of it. */
static struct {
    post_fn *post; /* the i-th */
    long total, each;
    pthread_t poster[POSTERS_MAX];
    atomic_llong posted; /* when, of slow ones */
    /* The loop's, on lines of the cache that posters do not read. */
    __attribute__((aligned(128))) long came;
    long long took[POSTS];                          /* of slow ones */
    __attribute__((aligned(128))) atomic_long seen; /* slow ones that came */
} run;

static void *post_fast(void *first)
{
    for (long i = 0; i < run.each; i++)
        run.post((intptr_t)first + i);
    return NULL;
}

static void *post_slowly(void *first)
{
    for (long i = 0; i < run.each; i++) {
        serve_pause();
        run.posted = serve_ns();
        run.post((intptr_t)first + i);
        while (run.seen <= i)
            serve_pause();
    }
    return NULL;
}

static void begin(post_fn *post, void *(*poster)(void *), int posters, long n)
{
    run.post = post;
    run.each = n / posters;
    run.total = run.each * posters;
    run.came = 0;
    run.seen = 0;
    for (intptr_t i = 0; i < posters; i++)
        bench_require(pthread_create(&run.poster[i], NULL, poster,
                                     (void *)(i * run.each)) == 0,
                      "no thread");
}

static void end(int posters)
{
    for (int i = 0; i < posters; i++)
        pthread_join(run.poster[i], NULL);
    serve_late = run.took;
    serve_late_count = run.total;
}

/* What is posted. */
static int count(void *over)
{
    if (++run.came == run.total && over)
        cede_resolve(over, 0);
    return 0;
}

static int note(void *over)
{
    run.took[run.came] = serve_ns() - run.posted;
    int rc = count(over);
    run.seen++;
    return rc;
}

/* ---- the floor ------------------------------------------------------- */

struct letter {
    struct letter *next;
    int (*fn)(void *arg);
};

static struct letter letters[POSTS];
__attribute__((aligned(128))) static _Atomic(struct letter *) box;
static atomic_uint asleep;

static long futex(atomic_uint *word, int operation, unsigned value)
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, NULL,
                   NULL, 0);
}

static void post_letter(struct letter *letter, int (*fn)(void *arg))
{
    letter->fn = fn;
    letter->next = box;
    while (!atomic_compare_exchange_weak(&box, &letter->next, letter))
        ;
    if (asleep && atomic_exchange(&asleep, 0))
        futex(&asleep, FUTEX_WAKE, 1);
}

static void floor_post(long i)
{
    post_letter(&letters[i], count);
}

static void floor_note(long i)
{
    post_letter(&letters[i], note);
}

/* The last one lies on top. */
static struct letter *in_order(struct letter *letter)
{
    struct letter *first = NULL;
    while (letter) {
        struct letter *next = letter->next;
        letter->next = first;
        first = letter;
        letter = next;
    }
    return first;
}

/* Until there is a letter. */
static void floor_sleep(void)
{
    asleep = 1;
    while (!box && asleep)
        futex(&asleep, FUTEX_WAIT, 1);
    asleep = 0;
}

static void floor_run(post_fn *post, void *(*poster)(void *), int posters,
                      long n)
{
    begin(post, poster, posters, n);
    while (run.came < run.total) {
        struct letter *letter = in_order(atomic_exchange(&box, NULL));
        if (!letter)
            floor_sleep();
        for (; letter; letter = letter->next)
            letter->fn(NULL);
    }
    end(posters);
}

static void floor_throughput(long n)
{
    floor_run(floor_post, post_fast, 1, n);
}

static void floor_throughput_2(long n)
{
    floor_run(floor_post, post_fast, 2, n);
}

static void floor_latency(long n)
{
    floor_run(floor_note, post_slowly, 1, n);
}

/* ---- cede ------------------------------------------------------------ */

static cede_loop *loop;
static cede_future *over; /* the last callback resolves it */

static void cede_posts(long i)
{
    (void)i;
    bench_require(cede_loop_post(loop, count, over) == 0, "a post failed");
}

static void cede_notes(long i)
{
    (void)i;
    bench_require(cede_loop_post(loop, note, over) == 0, "a post failed");
}

static void loop_run(post_fn *post, void *(*poster)(void *), int posters,
                     long n)
{
    loop = cede_loop_current();
    over = cede_promise();
    begin(post, poster, posters, n);
    bench_require(cede_await(over) == 0, "the posts did not come");
    cede_future_free(over);
    end(posters);
}

static void throughput(long n)
{
    loop_run(cede_posts, post_fast, 1, n);
}

static void throughput_2(long n)
{
    loop_run(cede_posts, post_fast, 2, n);
}

static void latency(long n)
{
    loop_run(cede_notes, post_slowly, 1, n);
}

/* ---- as a process of its own ----------------------------------------- */

static const struct serve_figure by_cede[] = {
    {"post_throughput", throughput},
    {"post_throughput_2", throughput_2},
    {"post_latency", latency},
    {"post_latency_2", latency},
    {NULL, NULL},
};
static const struct serve_figure by_floor[] = {
    {"post_throughput", floor_throughput},
    {"post_throughput_2", floor_throughput_2},
    {"post_latency", floor_latency},
    {"post_latency_2", floor_latency},
    {NULL, NULL},
};

static int serve_main(void *subject)
{
    return serve(strcmp(subject, "cede") == 0 ? by_cede : by_floor);
}

/* ---- figures --------------------------------------------------------- */

static void throughput_figure(const char *name)
{
    apart_figure(&(struct apart_figure){
        .name = name,
        .n = POSTS,
        .cores = 2,
        .values = {{"", APART_WALL, "ns", {{"tokio", 1}, {"libuv", 1}}}}});
}

static void latency_figure(const char *name, int cores)
{
    apart_figure(&(struct apart_figure){
        .name = name,
        .n = SLOW_POSTS,
        .cores = cores,
        .values = {{"_p50", APART_P50, "us", {{"tokio", 1}, {"libuv", 1}}},
                   {"_p99", APART_P99, "us", {{NULL, 0}}},
                   {"_p999", APART_P999, "us", {{NULL, 0}}}}});
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--serve") == 0)
        return cede_run(serve_main, argv[2]);
    bench_start(argc, argv);
    throughput_figure("post_throughput");
    throughput_figure("post_throughput_2");
    latency_figure("post_latency", 1);
    latency_figure("post_latency_2", 2);
    return bench_end();
}
