/* SPDX-License-Identifier: MIT
 *
 * epoll.c - the poller on epoll and the monotonic clock.
 *
 * epoll_pwait2 (Linux 5.11) sleeps with nanoseconds; where the kernel does not
 * know it, epoll_wait sleeps whole milliseconds, rounded up, so that no timer
 * fires early.
 *
 * To be woken from a sleep may take longer than the answer of a peer nearby. So
 * a loop that is told to spin asks again and again for a while before it
 * sleeps; as long as that makes its waits shorter.  It measures both, and tries
 * now and then what it does not do usually: more seldom every time that this
 * was no better, for on a busy machine to spin is to keep others from
 * answering.
 */
#include "loop/epoll.h"
#include "base/memory.h"
#include "coro/coro.h"
#include "loop/loop.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int cd_epoll_open(struct cd_epoll *e, const struct cd_poller_type *type)
{
    int saved = errno, err;
    e->poller.type = type;
    e->fd = epoll_create1(EPOLL_CLOEXEC);
    if (e->fd < 0)
        goto failed;
    e->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (e->wake_fd < 0)
        goto close_epoll;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET,
                                .data.u64 = UINT64_MAX}; /* nobody's */
    if (epoll_ctl(e->fd, EPOLL_CTL_ADD, e->wake_fd, &event) < 0)
        goto close_wake;
    return 0;

close_wake:
    err = errno;
    close(e->wake_fd);
    errno = err;
close_epoll:
    err = errno;
    close(e->fd);
    errno = err;
failed:
    err = errno;
    cd_errno_restore(saved);
    return -err;
}

void cd_epoll_close(struct cd_epoll *e)
{
    close(e->wake_fd);
    close(e->fd);
}

int cd_epoll_watch(struct cd_epoll *e, int fd, unsigned what, uint64_t data,
                   bool again)
{
    uint32_t in = what & CD_IN ? EPOLLIN | EPOLLRDHUP | EPOLLPRI : 0;
    uint32_t out = what & CD_OUT ? EPOLLOUT : 0;
    struct epoll_event event = {.events = in | out | EPOLLET, .data.u64 = data};
    int op = again ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, saved = errno;
    int rc = epoll_ctl(e->fd, op, fd, &event) < 0 ? -errno : 0;
    errno = saved;
    if (rc != -ENOSPC)
        return rc;
    return cede_fail(-ENOMEM, "the kernel watches no more descriptors for this "
                              "user: see max_user_watches in "
                              "/proc/sys/fs/epoll");
}

int cd_epoll_unwatch(struct cd_epoll *e, int fd)
{
    int saved = errno;
    int rc = epoll_ctl(e->fd, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
    errno = saved;
    return rc;
}

/* Edge-triggered: every write is seen by one poll, the count is never read.
 * It cannot overflow: nobody writes 2^64 times. */
void cd_epoll_wake(struct cd_epoll *e)
{
    int saved = errno;
    uint64_t one = 1;
    ssize_t n = write(e->wake_fd, &one, sizeof one);
    (void)n;
    errno = saved;
}

static int wait_ms(int fd, struct epoll_event *events, int n, cede_time delay)
{
    cede_time ms = delay / CEDE_MS + (delay % CEDE_MS != 0);
    int limit = delay == CEDE_NEVER ? -1 : ms > 86400000 ? 86400000 : (int)ms;
    return epoll_wait(fd, events, n, limit);
}

static int wait_ns(int fd, struct epoll_event *events, int n, cede_time delay)
{
#ifdef SYS_epoll_pwait2
    static bool missing;
    if (!__atomic_load_n(&missing, __ATOMIC_RELAXED)) {
        struct timespec t = {.tv_sec = delay / CEDE_SEC,
                             .tv_nsec = delay % CEDE_SEC};
        long rc = syscall(SYS_epoll_pwait2, fd, events, n,
                          delay == CEDE_NEVER ? NULL : &t, NULL, (size_t)0);
        if (rc >= 0 || (errno != ENOSYS && errno != EPERM))
            return (int)rc;
        __atomic_store_n(&missing, true, __ATOMIC_RELAXED);
    }
#endif
    return wait_ms(fd, events, n, delay);
}

/* To tell an event touches a descriptor's struct and its waiter, which with
 * many connections are in no cache: these misses overlap, instead of following
 * each other.  (gcc drops calls that do nothing but this.) */
static inline __attribute__((always_inline)) void
expect(const struct cd_fds *all, const struct epoll_event *events, int n)
{
    for (int i = 0; i < n; i++)
        __builtin_prefetch(cd_fds_find(all, (int)events[i].data.u64), 1);
    for (int i = 0; i < n; i++) {
        const struct cd_fd *f = cd_fds_find(all, (int)events[i].data.u64);
        const char *w = f ? (const char *)f->waiter[0] : NULL;
        if (!w)
            continue;
        __builtin_prefetch(w, 1);
        __builtin_prefetch(w + 64, 1);
    }
}

bool cd_epoll_sleep(struct cd_epoll *e, cede_time delay)
{
    const struct cd_loop *l =
        cd_container(e->poller.fds, const struct cd_loop, fds);
    int saved = errno;
    /* Interrupted by a signal is as good as woken: the loop looks again.  What
     * a handler forks has neither this poller nor that loop. */
    int n = wait_ns(e->fd, e->events, CD_EPOLL_EVENTS, delay < 0 ? 0 : delay);
    errno = saved;
    cd_loop_check(l);
    expect(e->poller.fds, e->events, n);
    for (int i = 0; i < n; i++)
        cd_fds_event(e->poller.fds, e->events[i].data.u64, e->events[i].events);
    return n != 0;
}

/* ---- the poller -------------------------------------------------------- */

static int open_epoll(struct cd_poller **out)
{
    struct cd_epoll *e = cd_zalloc(sizeof *e);
    if (!e)
        return -ENOMEM;
    int rc = cd_epoll_open(e, &cd_poller_epoll);
    if (rc < 0)
        free(e);
    else
        *out = &e->poller;
    return rc;
}

static cede_time clock_epoll(struct cd_poller *p)
{
    (void)p;
    return cd_monotonic();
}

static cede_time delay_epoll(struct cd_poller *p, cede_time deadline)
{
    if (deadline == CEDE_NEVER)
        return CEDE_NEVER;
    cede_time now = clock_epoll(p);
    return deadline > now ? deadline - now : 0;
}

enum { TRIES = 4 };                /* in a row */
enum { SOON = 16, SELDOM = 4096 }; /* waits until it tries again */

static bool look(struct cd_epoll *e, cede_time end)
{
    do
        if (cd_epoll_sleep(e, 0))
            return true;
    while (cd_monotonic() < end);
    return false;
}

/* Is it time to try the other way?  Where waits are long, neither matters. */
static bool tries(struct cd_epoll *e)
{
    if (!e->looks && e->waited[0] >= e->poller.spin - e->poller.spin / 8)
        return false;
    if (e->left == 0)
        e->left = e->apart = SOON;
    return --e->left < TRIES;
}

/* So long it took, this way. */
static void learn(struct cd_epoll *e, bool looked, cede_time took)
{
    cede_time *waited = &e->waited[looked];
    took = took < e->poller.spin ? took : e->poller.spin;
    *waited += *waited ? (took - *waited) / TRIES : took;
    bool better = e->waited[1] < e->waited[0] - e->waited[0] / 8;
    if (e->left == 0) { /* it has tried */
        bool same = better == e->looks;
        e->apart = !same ? SOON : e->apart < SELDOM ? e->apart * 2 : SELDOM;
        e->left = e->apart;
        e->looks = better;
    } else if (looked && !better) {
        e->looks = false;
    }
}

/* Sleep for delay > 0 at most; maybe look first. */
static void spin(struct cd_epoll *e, cede_time delay)
{
    cede_time limit = e->poller.spin, begin = cd_monotonic();
    cede_time end = begin + (delay < limit ? delay : limit);
    bool looked = e->looks != tries(e);
    if (!looked || !look(e, end))
        cd_epoll_sleep(e, looked && delay < CEDE_NEVER
                              ? begin + delay - cd_monotonic()
                              : delay);
    learn(e, looked, cd_monotonic() - begin);
}

static void poll_epoll(struct cd_poller *p, cede_time deadline)
{
    struct cd_epoll *e = (struct cd_epoll *)p;
    cede_time delay = delay_epoll(p, deadline);
    /* Posts are seen without it. */
    if (delay > 0 && cd_unlikely(p->spin > 0))
        spin(e, delay);
    else if (delay > 0 || p->fds->watched > 0)
        cd_epoll_sleep(e, delay);
}

static void peek_epoll(struct cd_poller *p, cede_time deadline)
{
    (void)deadline;
    cd_epoll_sleep((struct cd_epoll *)p, 0);
}

static int fd_epoll(struct cd_poller *p)
{
    return ((struct cd_epoll *)p)->fd;
}

static void wake_epoll(struct cd_poller *p)
{
    cd_epoll_wake((struct cd_epoll *)p);
}

static int watch_epoll(struct cd_poller *p, int fd, unsigned what,
                       uint64_t data, bool again)
{
    return cd_epoll_watch((struct cd_epoll *)p, fd, what, data, again);
}

static int unwatch_epoll(struct cd_poller *p, int fd)
{
    return cd_epoll_unwatch((struct cd_epoll *)p, fd);
}

static void close_epoll(struct cd_poller *p)
{
    cd_epoll_close((struct cd_epoll *)p);
    free(p);
}

const struct cd_poller_type cd_poller_epoll = {.name = "epoll",
                                               .open = open_epoll,
                                               .clock = clock_epoll,
                                               .poll = poll_epoll,
                                               .peek = peek_epoll,
                                               .delay = delay_epoll,
                                               .fd = fd_epoll,
                                               .wake = wake_epoll,
                                               .watch = watch_epoll,
                                               .unwatch = unwatch_epoll,
                                               .close = close_epoll};
