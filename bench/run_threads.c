/* SPDX-License-Identifier: MIT
 *
 * run_threads.c - do two loops on two cores do twice as much?
 *
 * run_threads_1   64 pairs of tasks, one of each pair sends what the other
 *                 returns, through two queues of one place, all in one loop;
 *                 ns a round trip, of the time that passes
 * run_threads_2   32 of the pairs in each of two loops on two threads
 *
 * The floor has the same pairs, in one process or in two, which share nothing
 * at all: what it gains by the second core is what the machine gives.
 */
#include "apart.h"
#include "floor.h"

#include <cede.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 64, TRIPS = 4000000 };

/* ---- the floor ------------------------------------------------------- */

/* Empty, or full with an item.  Each side is here while it waits. */
struct place {
    int64_t item, sum;
    int full;
    struct floor_task *putter, *getter;
    long trips;
};

static void floor_wake(struct floor_task **waiter)
{
    if (*waiter)
        floor_ready(*waiter);
    *waiter = NULL;
}

static void floor_wait(struct floor_task **waiter)
{
    *waiter = floor_loop.current;
    floor_block();
}

static void floor_pong(void *arg)
{
    struct place *place = arg;
    for (long i = 0; i < place->trips; i++) {
        while (!place->full)
            floor_wait(&place->getter);
        place->sum += place->item;
        place->full = 0;
        floor_wake(&place->putter);
    }
}

static void floor_ping(void *arg)
{
    struct place *place = arg;
    for (long i = 0; i < place->trips; i++) {
        place->item = i;
        place->full = 1;
        floor_wake(&place->getter);
        while (place->full)
            floor_wait(&place->putter);
    }
}

static void floor_pairs(int pairs, long trips)
{
    struct place place[PAIRS] = {{0}};
    struct floor_task *task[2 * PAIRS];
    for (int i = 0; i < pairs; i++) {
        place[i].trips = trips;
        task[2 * i] = floor_spawn(floor_pong, &place[i]);
        task[2 * i + 1] = floor_spawn(floor_ping, &place[i]);
    }
    for (int i = 0; i < 2 * pairs; i++)
        floor_join(task[i]);
    for (int i = 0; i < pairs; i++)
        bench_require(place[i].sum == bench_sum(trips), "the floor lost one");
}

static void floor_one(long n)
{
    floor_pairs(PAIRS, n / PAIRS);
}

static void floor_two(long n)
{
    int status = -1;
    pid_t other = fork();
    floor_pairs(PAIRS / 2, n / PAIRS);
    if (other == 0)
        _exit(0);
    bench_require(waitpid(other, &status, 0) == other && status == 0,
                  "the floor's second process failed");
}

/* ---- cede ------------------------------------------------------------ */

struct court {
    cede_queue *there, *back;
    long trips;
};

static int pong(void *arg)
{
    const struct court *court = arg;
    int64_t x;
    int rc;
    while ((rc = cede_get(court->there, &x)) > 0)
        CEDE_TRY(cede_put(court->back, &x));
    return rc;
}

static int ping(void *arg)
{
    const struct court *court = arg;
    int64_t sum = 0;
    for (int64_t i = 0; i < court->trips; i++) {
        int64_t x;
        CEDE_TRY(cede_put(court->there, &i));
        CEDE_TRY(cede_get(court->back, &x));
        sum += x;
    }
    cede_queue_close(court->there);
    return sum == bench_sum(court->trips) ? 0 : CEDE_EPROTO;
}

static int pairs_main(int pairs, long trips)
{
    struct court court[PAIRS];
    CEDE_GROUP(group);
    for (int i = 0; i < pairs; i++) {
        court[i] = (struct court){cede_queue_new(sizeof(int64_t), 1),
                                  cede_queue_new(sizeof(int64_t), 1), trips};
        cede_go(&group, pong, &court[i]);
        cede_go(&group, ping, &court[i]);
    }
    int rc = cede_join(&group);
    for (int i = 0; i < pairs; i++) {
        cede_queue_free(court[i].there);
        cede_queue_free(court[i].back);
    }
    return rc;
}

static int all_main(void *trips)
{
    return pairs_main(PAIRS, *(long *)trips);
}

static int half_main(void *trips)
{
    return pairs_main(PAIRS / 2, *(long *)trips);
}

static void one_loop(long n)
{
    long trips = n / PAIRS;
    bench_require(cede_run(all_main, &trips) == 0, "the run failed");
}

static void two_loops(long n)
{
    long trips = n / PAIRS;
    bench_require(cede_run_threads(2, half_main, &trips) == 0,
                  "the runs failed");
}

/* ---- figures --------------------------------------------------------- */

static const struct serve_figure by_cede[] = {
    {"run_threads_1", one_loop},
    {"run_threads_2", two_loops},
    {NULL, NULL},
};
static const struct serve_figure by_floor[] = {
    {"run_threads_1", floor_one},
    {"run_threads_2", floor_two},
    {NULL, NULL},
};

static int serve_subject(const char *subject)
{
    if (strcmp(subject, "cede") == 0)
        return serve(by_cede);
    floor_start((size_t)2 * PAIRS);
    return serve(by_floor);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--serve") == 0)
        return serve_subject(argv[2]);
    bench_start(argc, argv);
    apart_figure(&(struct apart_figure){
        .name = "run_threads_1",
        .n = TRIPS,
        .values = {{"", APART_WALL, "ns", {{NULL, 0}}}}});
    apart_figure(&(struct apart_figure){
        .name = "run_threads_2",
        .n = TRIPS,
        .base = "run_threads_1",
        .cores = 2,
        .values = {{"", APART_WALL, "ns", {{"run_threads_1", 1 / 1.9}}}}});
    return bench_end();
}
