/* SPDX-License-Identifier: MIT
 *
 * loop_post_test.c - callbacks from other threads and from signal handlers.
 */
#include "check.h"
#include "threads.h"
#include <sched.h>
#include <signal.h>
#include <sys/time.h>

static cede_loop *loop;

static void open_loop(void)
{
    CHECK(loop = cede_loop_new(NULL));
}

static void close_loop(void)
{
    CHECK_OK(cede_loop_close(loop));
}

static void run_once(void)
{
    CHECK_OK(cede_loop_stop(loop));
    CHECK_OK(cede_loop_run_forever(loop));
}

static int says(void *what)
{
    note("%s ", (const char *)what);
    return 0;
}

static int stops(void *arg)
{
    (void)arg;
    return cede_loop_stop(loop);
}

/* ---- threads --------------------------------------------------------- */

static void *posts_three(void *arg)
{
    (void)arg;
    CHECK_OK(cede_loop_post(loop, says, "a"));
    CHECK_OK(cede_loop_post(loop, says, "b"));
    CHECK_OK(cede_loop_post(loop, says, "c"));
    return NULL;
}

TEST(what_a_thread_posts_runs_in_its_order)
{
    open_loop();
    by_thread(posts_three, NULL);
    CHECK_NOTED("");
    run_once();
    CHECK_NOTED("a b c ");
    close_loop();
}

static void *posts_stop(void *arg)
{
    (void)arg;
    CHECK_OK(cede_loop_post(loop, stops, NULL));
    return NULL;
}

TEST(a_post_wakes_a_loop_that_sleeps)
{
    open_loop();
    for (int i = 0; i < 100; i++) {
        pthread_t thread = in_thread(posts_stop, NULL);
        CHECK_OK(cede_loop_run_forever(loop));
        ends_with(thread);
    }
    close_loop();
}

static void *posts_and_stops(void *arg)
{
    CHECK_OK(cede_loop_post(loop, says, arg));
    CHECK_OK(cede_loop_stop(loop));
    return NULL;
}

TEST(what_a_thread_posts_before_it_stops_the_loop_runs_before)
{
    open_loop();
    for (int i = 0; i < 200; i++) {
        noted[0] = '\0';
        pthread_t thread = in_thread(posts_and_stops, "a");
        CHECK_OK(cede_loop_run_forever(loop));
        CHECK_NOTED("a ");
        ends_with(thread);
    }
    close_loop();
}

static int posts_itself(void *n)
{
    return --*(int *)n > 0 ? cede_loop_post(loop, posts_itself, n)
                           : cede_loop_stop(loop);
}

TEST(the_loops_own_thread_may_post_too)
{
    open_loop();
    int n = 1000;
    CHECK_OK(cede_loop_post(loop, posts_itself, &n));
    CHECK_OK(cede_loop_run_forever(loop));
    CHECK_EQ(n, 0);
    close_loop();
}

enum { THREADS = 4, POSTS = 20000 };

static struct numbered {
    int thread, last;
} threads[THREADS];
static int arrived, wanted;

static int arrives(void *arg)
{
    intptr_t what = (intptr_t)arg;
    struct numbered *t = &threads[what % THREADS];
    CHECK_EQ(what / THREADS, t->last++);
    return ++arrived == wanted ? cede_loop_stop(loop) : 0;
}

static void *posts_many(void *arg)
{
    struct numbered *t = arg;
    for (int i = 0; i < rounds(POSTS); i++) {
        intptr_t what = (intptr_t)i * THREADS + t->thread;
        CHECK_OK(cede_loop_post(loop, arrives, (void *)what));
        if (i % 1000 == 0)
            sched_yield();
    }
    return NULL;
}

TEST(posts_of_several_threads_all_arrive_in_the_order_of_each)
{
    open_loop();
    wanted = THREADS * rounds(POSTS);
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++) {
        threads[i].thread = i;
        t[i] = in_thread(posts_many, &threads[i]);
    }
    CHECK_OK(cede_loop_run_forever(loop));
    for (int i = 0; i < THREADS; i++)
        ends_with(t[i]);
    CHECK_EQ(arrived, wanted);
    close_loop();
}

static int counts(void *n)
{
    ++*(int *)n;
    return 0;
}

TEST(any_number_may_be_on_their_way)
{
    open_loop();
    int n = 0, many = rounds(300000);
    for (int i = 0; i < many; i++)
        CHECK_OK(cede_loop_post(loop, counts, &n));
    run_once();
    CHECK_EQ(n, many);
    close_loop();
}

static void *posts_until_refused(void *arg)
{
    (void)arg;
    intptr_t n = 0;
    int rc;
    while ((rc = cede_loop_post(loop, counts, arg)) == 0)
        if (++n % 16 == 0)
            sched_yield(); /* or millions are on their way */
    CHECK_EQ(rc, CEDE_ECLOSED);
    cede_loop_drop(loop);
    return (void *)n;
}

static int dropped;

static void counts_dropped(cede_fn *fn, void *arg)
{
    (void)arg;
    CHECK(fn == counts);
    dropped++;
}

TEST(what_is_posted_while_a_loop_is_closed_runs_or_is_dropped_or_refused)
{
    for (int i = 0; i < rounds(100); i++) {
        int n = 0;
        dropped = 0;
        open_loop();
        cede_loop_on_drop(loop, counts_dropped);
        cede_loop_keep(loop);
        cede_loop_keep(loop);
        pthread_t a = in_thread(posts_until_refused, &n);
        pthread_t b = in_thread(posts_until_refused, &n);
        while (i % 2 && n == 0)
            run_once();
        close_loop();
        intptr_t posted = ends_with(a) + ends_with(b);
        CHECK_EQ(n + dropped, posted);
    }
}

/* ---- refused --------------------------------------------------------- */

TEST(a_post_without_a_function_or_a_loop_is_refused)
{
    open_loop();
    CHECK_EQ((cede_loop_post)(loop, NULL, NULL), -EINVAL);
    CHECK_EQ(cede_loop_post(NULL, says, ""), -ENOMEM);
    close_loop();
}

static int fails(void *arg)
{
    (void)arg;
    return -EIO;
}

TEST(a_post_that_fails_is_reported_by_name)
{
    listen_to_hook();
    open_loop();
    CHECK_OK(cede_loop_post(loop, fails, NULL));
    run_once();
    CHECK_EQ(hooked.count, 1);
    CHECK_EQ(hooked.err, -EIO);
    CHECK(strstr(hooked.what, "callback 'fails'"));
    close_loop();
}

/* ---- signal handlers ------------------------------------------------- */

static volatile sig_atomic_t sent;
static int received;

static bool one_is_enough;

static int receives(void *arg)
{
    received++;
    return one_is_enough ? stops(arg) : 0;
}

static void on_signal(int sig)
{
    (void)sig;
    int saved = errno;
    errno = ENOTTY;
    if (cede_loop_post(loop, receives, NULL) == 0)
        sent = sent + 1;
    if (errno != ENOTTY)
        abort();
    errno = saved;
}

static void listen_to(int sig, int flags)
{
    struct sigaction action = {.sa_handler = on_signal};
    action.sa_flags = flags;
    CHECK(sigaction(sig, &action, NULL) == 0);
}

static int raises(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
    return cede_loop_call_soon(loop, stops, NULL, NULL);
}

TEST(a_handler_may_post_to_the_loop_that_it_interrupted)
{
    open_loop();
    listen_to(SIGUSR1, 0);
    CHECK_OK(cede_loop_call_soon(loop, raises, NULL, NULL));
    CHECK_OK(cede_loop_run_forever(loop));
    run_once();
    CHECK_EQ(sent, 1);
    CHECK_EQ(received, 1);
    close_loop();
}

static void storm(int us)
{
    struct itimerval t = {.it_interval.tv_usec = us, .it_value.tv_usec = us};
    setitimer(ITIMER_REAL, &t, NULL);
    if (us == 0)
        signal(SIGALRM, SIG_IGN); /* Valgrind delivers late what it has */
}

TEST(a_handler_wakes_a_loop_that_sleeps)
{
    open_loop();
    one_is_enough = true;
    listen_to(SIGALRM, SA_RESTART);
    storm(10000);
    CHECK_OK(cede_loop_run_forever(loop));
    storm(0);
    CHECK(received > 0);
    close_loop();
}

static int posted_here, run_here;

static int runs_here(void *arg)
{
    (void)arg;
    run_here++;
    return 0;
}

static int posts_in_a_storm(void *arg)
{
    (void)arg;
    for (int i = 0; i < 50; i++, posted_here++)
        CHECK_OK(cede_loop_post(loop, runs_here, NULL));
    return sent > rounds(300)
               ? cede_loop_stop(loop)
               : cede_loop_call_soon(loop, posts_in_a_storm, NULL, NULL);
}

/* Handlers interrupt posts, and the taking of them. */
static void survive_a_storm(int flags)
{
    open_loop();
    listen_to(SIGALRM, flags);
    storm(100);
    CHECK_OK(posts_in_a_storm(NULL));
    CHECK_OK(cede_loop_run_forever(loop));
    storm(0);
    run_once();
    run_once();
    CHECK_EQ(received, sent);
    CHECK_EQ(run_here, posted_here);
    close_loop();
}

TEST(a_storm_of_signals_loses_nothing)
{
    survive_a_storm(SA_RESTART);
}

TEST(handlers_may_run_on_a_stack_of_their_own)
{
    static char stack[1 << 16];
    stack_t s = {.ss_sp = stack, .ss_size = sizeof stack};
    CHECK(sigaltstack(&s, NULL) == 0);
    survive_a_storm(SA_RESTART | SA_ONSTACK);
}

/* A thread of which the library knows nothing. */
static void *is_interrupted(void *arg)
{
    (void)arg;
    raise(SIGUSR1);
    return NULL;
}

TEST(a_handler_may_interrupt_a_thread_that_is_foreign)
{
    open_loop();
    listen_to(SIGUSR1, 0);
    by_thread(is_interrupted, NULL);
    run_once();
    CHECK_EQ(received, 1);
    close_loop();
}

TEST(a_handler_is_refused_by_a_loop_that_is_closed)
{
    open_loop();
    cede_loop_keep(loop);
    close_loop();
    listen_to(SIGUSR1, 0);
    raise(SIGUSR1);
    CHECK_EQ(sent, 0);
    cede_loop_drop(loop);
}

/* ---- task-local values ----------------------------------------------- */

static cede_local color = CEDE_LOCAL("color", "none");

static int says_color(void *arg)
{
    (void)arg;
    return says(cede_local_get(&color));
}

static void *posts_in_color(void *value)
{
    CHECK_OK(cede_local_set(&color, value));
    CHECK_OK(cede_loop_post(loop, says_color, NULL));
    return NULL;
}

TEST(a_post_sees_the_values_of_the_loops_thread)
{
    open_loop();
    CHECK_OK(cede_local_set(&color, "mine"));
    by_thread(posts_in_color, "theirs");
    run_once();
    CHECK_NOTED("mine ");
    close_loop();
}

SUITE("loop_post")
