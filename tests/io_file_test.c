/* SPDX-License-Identifier: MIT
 *
 * io_file_test.c - descriptors of all kinds: files on disk, terminals, what the
 * kernel signals by; files that are sent; and very many of them.
 */
#include "check.h"
#include "coro/coro.h"
#include "descriptors.h"
#include "loop/loop.h"
#include <pty.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <termios.h>

/* A file of n bytes that has no name, at its beginning. */
static int file_of(size_t n)
{
    char name[] = "/tmp/cede-io-XXXXXX";
    int fd = mkstemp(name);
    CHECK(fd >= 0);
    unlink(name);
    for (size_t i = 0; i < n; i++) {
        static char buf[4096];
        size_t at = i % sizeof buf;
        buf[at] = (char)(i % 251);
        if (at == sizeof buf - 1 || i == n - 1)
            CHECK_EQ(write(fd, buf, at + 1), at + 1);
    }
    CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

/* ---- on disk ----------------------------------------------------------- */

TASK_TEST(files_on_disk_never_wait)
{
    char buf[10];
    int fd = file_of(20);
    CHECK_EQ(cede_fd_read(fd, buf, 10), 10);
    CHECK_EQ(cede_fd_poll(fd, CEDE_READABLE), CEDE_READABLE);
    CHECK_EQ(cede_fd_poll(fd, CEDE_WRITABLE), CEDE_WRITABLE);
    CHECK_EQ(cede_fd_read(fd, buf, 10), 10);
    CHECK_EQ(buf[9], 19);
    CHECK_EQ(cede_fd_read(fd, buf, 10), 0);
    CHECK_EQ(cede_fd_write(fd, buf, 10), 10);
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 30);
    close(fd);
}

TASK_TEST(a_file_on_disk_takes_a_large_write_at_once)
{
    static const char buf[3000000];
    int fd = file_of(0);
    for (int blocks = 0; blocks < 2; blocks++) {
        set_blocking(fd, blocks);
        CHECK_EQ(cede_fd_write(fd, buf, sizeof buf), sizeof buf);
    }
    CHECK_EQ(lseek(fd, 0, SEEK_CUR), 6000000);
    close(fd);
}

static void write_too_much(void *arg)
{
    (void)arg;
    static const char buf[100000];
    struct rlimit limit = {50000, 50000};
    int fd = file_of(0);
    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    printf("%d ", cede_fd_write(fd, buf, sizeof buf));
    printf("%d", cede_fd_write(fd, buf, sizeof buf) == -EFBIG);
}

static int writes_too_much(void *arg)
{
    write_too_much(arg);
    return 0;
}

static void runs_and_writes_too_much(void *arg)
{
    (void)cede_run(writes_too_much, arg);
}

TEST(a_full_disk_ends_a_write_halfway)
{
    const char *want = "50000 1";
    CHECK_STR_EQ(OUTPUT_OF(write_too_much, NULL)->text, want);
    CHECK_STR_EQ(OUTPUT_OF(runs_and_writes_too_much, NULL)->text, want);
}

/* ---- terminals --------------------------------------------------------- */

static void open_terminal(int *master, int *slave)
{
    struct termios t;
    CHECK(openpty(master, slave, NULL, NULL, NULL) == 0);
    CHECK(tcgetattr(*slave, &t) == 0);
    cfmakeraw(&t);
    CHECK(tcsetattr(*slave, TCSANOW, &t) == 0);
}

TASK_TEST(a_terminal_is_read_as_somebody_types_and_stays_as_it_is)
{
    int master, slave;
    char buf[8];
    open_terminal(&master, &slave);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, writes_later, &master));
    for (int n = 0; n < 5;) { /* it comes when the kernel has a moment */
        int got = cede_fd_read(slave, buf, sizeof buf);
        CHECK(got > 0);
        n += got;
    }
    CHECK(!(fcntl(slave, F_GETFL) & O_NONBLOCK));
    CHECK_OK(cede_join(&g));
    close(slave);
    CHECK_ERR(cede_fd_read(master, buf, sizeof buf), -EIO);
    close(master);
}

struct reader {
    int fd;
    size_t left;
};

static int reads_so_much(void *arg)
{
    struct reader *r = arg;
    char buf[1000];
    while (r->left > 0) {
        int n = cede_fd_read(r->fd, buf, sizeof buf);
        CEDE_TRY(n);
        r->left -= (size_t)n;
    }
    return 0;
}

/* Somebody who reads a little at a time, so that there is seldom room for as
 * much as is written at once. */
static void write_through(int from, int to)
{
    static const char buf[100000];
    struct reader r = {.fd = to, .left = sizeof buf};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, reads_so_much, &r));
    CHECK_EQ(cede_fd_write(from, buf, sizeof buf), sizeof buf);
    CHECK_OK(cede_join(&g));
    CHECK(!(fcntl(from, F_GETFL) & O_NONBLOCK));
}

TASK_TEST(a_terminal_that_is_full_holds_its_writer_only)
{
    int master, slave;
    open_terminal(&master, &slave);
    write_through(slave, master);
    write_through(master, slave);
    close(slave);
    close(master);
}

/* ---- what the kernel signals by ---------------------------------------- */

static int adds_3(void *fd)
{
    uint64_t three = 3;
    CEDE_TRY(cede_sleep(CEDE_MS));
    return cede_fd_write(*(int *)fd, &three, sizeof three);
}

TASK_TEST(an_eventfd_is_waited_for)
{
    for (int flags = 0; flags <= EFD_NONBLOCK; flags += EFD_NONBLOCK) {
        uint64_t count = 0;
        int fd = eventfd(0, EFD_CLOEXEC | flags);
        CEDE_GROUP(g);
        CHECK_OK(cede_go(&g, adds_3, &fd));
        CHECK_EQ(cede_fd_read(fd, &count, sizeof count), sizeof count);
        CHECK_EQ(count, 3);
        CHECK_OK(cede_join(&g));
        close(fd);
    }
}

TASK_TEST(a_timerfd_is_waited_for)
{
    uint64_t count = 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    struct itimerspec t = {.it_value.tv_nsec = 2000000};
    CHECK(timerfd_settime(fd, 0, &t, NULL) == 0);
    CHECK_EQ(cede_fd_poll(fd, CEDE_READABLE), CEDE_READABLE);
    CHECK_EQ(cede_fd_read(fd, &count, sizeof count), sizeof count);
    CHECK_EQ(count, 1);
    close(fd);
}

static int makes_a_file(void *path)
{
    CEDE_TRY(cede_sleep(CEDE_MS));
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    close(fd);
    return fd < 0 ? -errno : 0;
}

TASK_TEST(inotify_is_waited_for)
{
    char dir[] = "/tmp/cede-io-XXXXXX", path[64], buf[512];
    CHECK(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/new", dir);
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    CHECK(inotify_add_watch(fd, dir, IN_CREATE) >= 0);
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, makes_a_file, path));
    CHECK(cede_fd_read(fd, buf, sizeof buf) >=
          (int)sizeof(struct inotify_event));
    CHECK_OK(cede_join(&g));
    close(fd);
    unlink(path);
    rmdir(dir);
}

/* ---- files that are sent ----------------------------------------------- */

enum { LARGE = 3000017 };

struct receiver {
    int fd;
    size_t n;
};

static int receives(void *arg)
{
    struct receiver *r = arg;
    static char buf[50000];
    int rc;
    while ((rc = cede_fd_read(r->fd, buf, sizeof buf)) > 0)
        for (int i = 0; i < rc; i++, r->n++)
            CHECK_EQ(buf[i], (char)(r->n % 251));
    return rc;
}

/* From `from` on, by either way. */
static void send_all(int out, int in_end, int file, off_t *offset)
{
    struct receiver r = {.fd = in_end};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, receives, &r));
    CHECK_EQ(cede_fd_sendfile(out, file, offset, LARGE + 5), LARGE);
    CHECK_OK(cede_fd_close(out));
    CHECK_OK(cede_join(&g));
    CHECK_EQ(r.n, LARGE);
}

TASK_TEST(a_file_is_sent_to_its_end)
{
    int file = file_of(LARGE);
    for (int blocks = 0; blocks < 2; blocks++) {
        PAIR(a, b);
        off_t offset = 0;
        set_blocking(a, blocks);
        send_all(a, b, file, &offset);
        a = -1;
        CHECK_EQ(offset, LARGE);
        CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
    }
    close(file);
}

TASK_TEST(a_file_is_sent_from_where_it_stands)
{
    int file = file_of(LARGE);
    for (int blocks = 0; blocks < 2; blocks++) {
        PAIR(a, b);
        set_blocking(a, blocks);
        send_all(a, b, file, NULL);
        a = -1;
        CHECK_EQ(lseek(file, 0, SEEK_CUR), LARGE);
        CHECK_EQ(lseek(file, 0, SEEK_SET), 0);
    }
    close(file);
}

static int fills_and_closes(void *arg)
{
    struct receiver *r = arg;
    static char buf[LARGE];
    for (size_t i = 0; i < LARGE; i++)
        buf[i] = (char)(i % 251);
    int rc = cede_fd_write(r->fd, buf, LARGE);
    CHECK_OK(cede_fd_close(r->fd));
    return rc;
}

TASK_TEST(what_comes_out_of_a_pipe_is_sent_too)
{
    PIPE(r, w);
    PAIR(a, b);
    struct receiver source = {.fd = w};
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, fills_and_closes, &source));
    send_all(a, b, r, NULL);
    a = w = -1;
    CHECK_OK(cede_join(&g));
}

TASK_TEST(a_file_is_sent_to_a_file_as_well)
{
    int from = file_of(LARGE), to = file_of(0);
    off_t offset = 17;
    CHECK_EQ(cede_fd_sendfile(to, from, &offset, LARGE), LARGE - 17);
    CHECK_EQ(lseek(to, 0, SEEK_END), LARGE - 17);
    CHECK_EQ(offset, LARGE);
    CHECK_EQ(cede_fd_sendfile(to, from, &offset, 10), 0);
    CHECK_EQ(cede_fd_sendfile(to, from, &offset, 0), 0);
    close(from);
    close(to);
}

static int sends_it(void *arg)
{
    struct receiver *r = arg;
    off_t offset = 0;
    int rc = cede_fd_sendfile(r->fd, (int)r->n, &offset, LARGE);
    CHECK_EQ(offset, rc);
    return rc;
}

TASK_TEST(a_sendfile_that_is_cancelled_answers_how_much_was_sent)
{
    int file = file_of(LARGE);
    for (int blocks = 0; blocks < 2; blocks++) {
        PAIR(a, b);
        set_blocking(a, blocks);
        struct receiver r = {a, (size_t)file};
        cede_future *f = cede_spawn(NULL, sends_it, &r);
        CHECK_OK(cede_sleep(CEDE_MS));
        CHECK_OK(cede_cancel(f));
        int n = cede_await(f);
        CHECK(n > 0 && n < LARGE);
        CHECK_EQ(drain(b), n);
        cede_future_free(f);
    }
    close(file);
}

TASK_TEST(a_file_sent_to_a_peer_that_is_gone_raises_nothing)
{
    sigset_t now, before;
    int file = file_of(LARGE);
    PAIR(a, b);
    close(b);
    b = -1;
    CHECK(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    sigprocmask(SIG_SETMASK, NULL, &before);
    CHECK_ERR(cede_fd_sendfile(a, file, NULL, LARGE), -EPIPE);
    sigprocmask(SIG_SETMASK, NULL, &now);
    CHECK_EQ(sigismember(&now, SIGPIPE), sigismember(&before, SIGPIPE));
    CHECK(sigpending(&now) == 0 && sigismember(&now, SIGPIPE) == 0);
    close(file);
}

TASK_TEST(errors_of_sendfile_are_the_kernels)
{
    PAIR(a, b);
    CHECK_ERR(cede_fd_sendfile(a, -1, NULL, 1), -EBADF);
    int file = file_of(10);
    CHECK_ERR(cede_fd_sendfile(-1, file, NULL, 1), -EBADF);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
    close(file);
}

/* ---- very many --------------------------------------------------------- */

static int is_not_called(void *arg)
{
    (void)arg;
    CHECK(false);
    return 0;
}

TASK_TEST(a_number_that_nobody_has_takes_no_memory)
{
    int rc = cede_loop_watch(cede_loop_current(), 100000000, CEDE_READABLE,
                             is_not_called, NULL);
    CHECK_ERR(rc, -EBADF);
    CHECK(cd_me.loop->fds.size < 100000);
}

static int readable;

static int waits(void *fd)
{
    int rc = cede_fd_poll((int)(intptr_t)fd, CEDE_READABLE);
    readable += rc == CEDE_READABLE;
    return rc;
}

TASK_TEST(thousands_of_descriptors_are_waited_for_at_a_time)
{
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    int most = limit.rlim_cur > 20000 ? 20000 : (int)limit.rlim_cur;
    int n = many(most - 100), signal = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    CEDE_GROUP(g);
    for (int i = 0; i < n; i++) {
        int fd = dup(signal);
        CHECK(fd >= 0);
        CHECK_OK(cede_go(&g, waits, (void *)(intptr_t)fd));
    }
    CHECK_OK(cede_sleep(CEDE_MS));
    CHECK_EQ(cd_me.loop->fds.awaited, n);
    CHECK_EQ(readable, 0);
    uint64_t one = 1;
    CHECK_EQ(cede_fd_write(signal, &one, sizeof one), sizeof one);
    CHECK_OK(cede_join(&g));
    CHECK_EQ(readable, n);
    CHECK_EQ(cd_me.loop->fds.awaited, 0);
}

/* Stands before the C library's. */
static bool no_more_watches;

int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event)
{
    if (no_more_watches && op == EPOLL_CTL_ADD) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_epoll_ctl, epfd, op, fd, event);
}

TASK_TEST(where_the_kernel_watches_no_more_it_says_what_to_do)
{
    PAIR(a, b);
    no_more_watches = true;
    CHECK_ERR(reads_a_byte(&a), -ENOMEM);
    CHECK(strstr(cede_message(), "max_user_watches"));
    CHECK_ERR(cede_loop_watch(cede_loop_current(), a, CEDE_READABLE,
                              reads_a_byte, &a),
              -ENOMEM);
    no_more_watches = false;
    CEDE_GROUP(g);
    CHECK_OK(cede_go(&g, writes_later, &b));
    CHECK_EQ(reads_a_byte(&a), 1);
    CHECK_OK(cede_join(&g));
}

SUITE("io_file")
