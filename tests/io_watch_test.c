/* SPDX-License-Identifier: MIT
 *
 * io_watch_test.c - callbacks that a loop makes while a descriptor is ready.
 */
#include "check.h"
#include "coro/coro.h"
#include "descriptors.h"
#include "loop/loop.h"
#include "threads.h"

static cede_loop *loop;

static void open_loop(void)
{
    loop = cede_loop_new(NULL);
    CHECK(loop);
}

/* What is ready by now has been told. */
static void turns(int n)
{
    for (int i = 0; i < n; i++)
        CHECK_OK(cede_loop_step(loop));
}

static void close_loop(void)
{
    CHECK_OK(cede_loop_close(loop));
}

/* arg is an int */
static int reads(void *fd)
{
    char c = '-';
    CHECK(read(*(int *)fd, &c, 1) <= 1);
    note("%c", c);
    return 0;
}

static int says(void *what)
{
    note("%s", (const char *)what);
    return 0;
}

static int says_too(void *what)
{
    note("%s", (const char *)what);
    return 0;
}

static void dropped(cede_fn *fn, void *arg)
{
    CHECK(fn == says);
    note("dropped %s ", (const char *)arg);
}

/* ---- being called ------------------------------------------------------ */

TEST(it_is_called_in_each_turn_in_which_the_descriptor_is_ready)
{
    PAIR(a, b);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, reads, &a), 0);
    turns(3);
    CHECK_NOTED("");
    CHECK_EQ(write(b, "xyz", 3), 3);
    turns(2);
    CHECK_NOTED("xy");
    turns(3);
    CHECK_NOTED("xyz");
    CHECK_EQ(write(b, "!", 1), 1);
    turns(1);
    CHECK_NOTED("xyz!");
    close_loop();
}

TEST(it_is_called_for_its_direction_only)
{
    PAIR(a, b);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, says, "r"), 0);
    turns(3);
    CHECK_NOTED("");
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "w"), 0);
    turns(2);
    CHECK_NOTED("ww");
    close_loop();
}

TEST(a_hang_up_is_told_in_both_directions)
{
    PAIR(a, b);
    fill(a);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, says, "r"), 0);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "w"), 0);
    turns(2);
    CHECK_NOTED("");
    close(b);
    b = -1;
    turns(1);
    CHECK_NOTED("rw");
    close_loop();
}

TEST(an_error_is_told_in_both_directions)
{
    PIPE(r, w);
    fill(w);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, w, CEDE_READABLE, says, "r"), 0);
    CHECK_EQ(cede_loop_watch(loop, w, CEDE_WRITABLE, says, "w"), 0);
    turns(2);
    CHECK_NOTED("");
    close(r);
    r = -1;
    turns(1);
    CHECK_NOTED("rw");
    close_loop();
}

TEST(a_second_call_replaces_the_first)
{
    PAIR(a, b);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "1"), 0);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says_too, "2"), 1);
    turns(1);
    CHECK_NOTED("2");
    CHECK_EQ(cede_loop_unwatch(loop, a, CEDE_WRITABLE), 1);
    CHECK_EQ(cede_loop_unwatch(loop, a, CEDE_WRITABLE), 0);
    turns(2);
    CHECK_NOTED("2");
    close_loop();
}

TEST(what_is_unwatched_when_it_is_ready_is_not_called)
{
    PAIR(a, b);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "1"), 0);
    turns(1);
    CHECK_EQ(cede_loop_unwatch(loop, a, CEDE_WRITABLE), 1);
    CHECK_EQ(cede_loop_unwatch(loop, b, CEDE_READABLE), 0);
    CHECK_EQ(cede_loop_unwatch(loop, -1, CEDE_READABLE), 0);
    turns(2);
    CHECK_NOTED("1");
    close_loop();
}

static int unwatches_itself(void *fd)
{
    note("u");
    CHECK_EQ(cede_loop_unwatch(loop, *(int *)fd, CEDE_WRITABLE), 1);
    return 0;
}

static int replaces_itself(void *fd)
{
    note("r");
    CHECK_EQ(
        cede_loop_watch(loop, *(int *)fd, CEDE_WRITABLE, unwatches_itself, fd),
        1);
    return 0;
}

static int leaves_and_comes_back(void *fd)
{
    note("l");
    CHECK_EQ(cede_loop_unwatch(loop, *(int *)fd, CEDE_WRITABLE), 1);
    CHECK_EQ(
        cede_loop_watch(loop, *(int *)fd, CEDE_WRITABLE, replaces_itself, fd),
        0);
    return 0;
}

TEST(a_callback_may_unwatch_and_replace_itself)
{
    PAIR(a, b);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, leaves_and_comes_back, &a),
             0);
    turns(6);
    CHECK_NOTED("lru");
    close_loop();
}

static int unwatches_other(void *fd)
{
    note("o");
    CHECK_EQ(cede_loop_unwatch(loop, *(int *)fd, CEDE_READABLE), 1);
    return 0;
}

TEST(a_callback_may_unwatch_one_that_is_ready_too)
{
    PAIR(a, b);
    PAIR(c, d);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, unwatches_other, &c), 0);
    CHECK_EQ(cede_loop_watch(loop, c, CEDE_READABLE, says, "not me"), 0);
    turns(1);
    CHECK_EQ(write(b, "x", 1), 1);
    CHECK_EQ(write(d, "x", 1), 1);
    turns(1);
    CHECK_NOTED("o");
    CHECK_EQ(cede_loop_unwatch(loop, a, CEDE_READABLE), 1);
    close_loop();
}

/* ---- being over -------------------------------------------------------- */

static int closes(void *fd)
{
    return cede_fd_close(*(int *)fd);
}

TEST(closing_the_descriptor_ends_it_and_drops_it)
{
    PAIR(a, b);
    open_loop();
    cede_loop_on_drop(loop, dropped);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, says, "r"), 0);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "w"), 0);
    CHECK_OK(cede_loop_call_soon(loop, closes, &a, NULL));
    turns(1);
    CHECK_NOTED("dropped w dropped r ");
    CHECK_EQ(cede_loop_unwatch(loop, a, CEDE_READABLE), 0);
    a = -1;
    turns(2);
    close_loop();
    CHECK_NOTED("dropped w dropped r ");
}

TEST(closing_the_loop_drops_what_was_watched)
{
    PAIR(a, b);
    open_loop();
    cede_loop_on_drop(loop, dropped);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, says, "r"), 0);
    turns(1);
    close_loop();
    CHECK_NOTED("dropped r ");
}

TEST(closing_the_loop_drops_what_is_ready)
{
    PAIR(a, b);
    open_loop();
    cede_loop_on_drop(loop, dropped);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "w "), 0);
    close_loop();
    CHECK(strstr(noted, "dropped w "));
}

TEST(closed_behind_our_back_it_neither_spins_nor_kills_the_loop)
{
    PAIR(a, b);
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, says, "r"), 0);
    turns(2);
    close(a);
    turns(2);
    CHECK_EQ(cede_loop_timeout_ms(loop), -1);
    CHECK_EQ(dup2(b, a), a); /* another file of that number */
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "new "), 0);
    turns(1);
    CHECK_NOTED("new ");
    CHECK_EQ(cede_loop_unwatch(loop, a, CEDE_READABLE), 0);
    close_loop();
}

static int closes_behind_our_back(void *fd)
{
    note("c ");
    close(*(int *)fd);
    return 0;
}

static void ignores(cede_fn *fn, void *arg)
{
    (void)fn, (void)arg;
    note("dropped ");
}

TEST(a_callback_may_close_its_descriptor_in_any_way)
{
    PAIR(a, b);
    PAIR(c, d);
    open_loop();
    cede_loop_on_drop(loop, ignores);
    CHECK_EQ(
        cede_loop_watch(loop, a, CEDE_WRITABLE, closes_behind_our_back, &a), 0);
    turns(3);
    CHECK_NOTED("c dropped ");
    CHECK_EQ(cede_loop_watch(loop, c, CEDE_WRITABLE, closes, &c), 0);
    turns(3);
    CHECK_NOTED("c dropped dropped ");
    CHECK_EQ(cede_loop_timeout_ms(loop), -1);
    close_loop();
    a = c = -1;
}

static int closes_and_reuses(void *arg)
{
    int *fds = arg;
    note("c ");
    CHECK_EQ(dup2(fds[1], fds[0]), fds[0]);
    return 0;
}

TEST(a_callback_is_not_called_for_another_file_of_its_number)
{
    PAIR(a, b);
    PAIR(c, d);
    int fds[] = {a, c};
    open_loop();
    cede_loop_on_drop(loop, ignores);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, closes_and_reuses, fds),
             0);
    turns(4);
    CHECK_NOTED("c dropped ");
    close_loop();
}

TEST(it_ends_where_its_number_has_become_a_file_that_cannot_be_watched)
{
    PAIR(a, b);
    FILE *file = tmpfile();
    open_loop();
    cede_loop_on_drop(loop, dropped);
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_READABLE, says, "r"), 0);
    turns(1);
    CHECK_EQ(dup2(fileno(file), a), a);
    CHECK_ERR(cede_loop_watch(loop, a, CEDE_WRITABLE, says, "w"), -EPERM);
    turns(1);
    CHECK_NOTED("dropped r ");
    CHECK_EQ(cede_loop_unwatch(loop, a, CEDE_READABLE), 0);
    close_loop();
    fclose(file);
}

/* ---- refused ----------------------------------------------------------- */

static void *is_refused(void *fd)
{
    CHECK_ERR(cede_loop_watch(loop, *(int *)fd, CEDE_READABLE, says, "r"),
              -EPERM);
    CHECK_ERR(cede_loop_unwatch(loop, *(int *)fd, CEDE_READABLE), -EPERM);
    return NULL;
}

TEST(what_cannot_be_watched_is_refused)
{
    PAIR(a, b);
    FILE *file = tmpfile();
    open_loop();
    CHECK_ERR(cede_loop_watch(loop, a, 3, says, "r"), -EINVAL);
    CHECK_ERR(cede_loop_watch(loop, a, 0, says, "r"), -EINVAL);
    CHECK_ERR(cede_loop_unwatch(loop, a, 3), -EINVAL);
    CHECK_ERR(cede_loop_watch(loop, a, CEDE_READABLE, NULL, "r"), -EINVAL);
    CHECK_ERR(cede_loop_watch(loop, -1, CEDE_READABLE, says, "r"), -EBADF);
    CHECK_ERR(cede_loop_watch(loop, 987, CEDE_READABLE, says, "r"), -EBADF);
    CHECK_ERR(cede_loop_watch(loop, fileno(file), CEDE_READABLE, says, "r"),
              -EPERM);
    CHECK_ERR(cede_loop_watch(NULL, a, CEDE_READABLE, says, "r"), -ENOMEM);
    by_thread(is_refused, &a);
    cede_loop_keep(loop);
    CHECK_OK(cede_loop_close(loop));
    CHECK_ERR(cede_loop_watch(loop, a, CEDE_READABLE, says, "r"), CEDE_ECLOSED);
    cede_loop_drop(loop);
    fclose(file);
}

TASK_TEST(a_task_and_a_callback_do_not_wait_for_the_same)
{
    PAIR(a, b);
    cede_loop *l = cede_loop_current();
    CEDE_GROUP(g);
    cede_future *f = cede_spawn(&g, reads_a_byte, &a);
    CHECK_OK(cede_sleep(0));
    CHECK_ERR(cede_loop_watch(l, a, CEDE_READABLE, says, "r"), -EBUSY);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_EQ(cede_await(f), 1);
    CHECK_EQ(cede_loop_watch(l, a, CEDE_READABLE, says, "r"), 0);
    CHECK_ERR(reads_a_byte(&a), -EBUSY);
    CHECK_EQ(cede_fd_write(b, "x", 1), 1);
    CHECK_EQ(reads_a_byte(&a), 1);
    CHECK_EQ(cede_loop_unwatch(l, a, CEDE_READABLE), 1);
    CHECK_OK(cede_join(&g));
}

/* ---- as all callbacks -------------------------------------------------- */

static cede_local color = CEDE_LOCAL("color", NULL);

static int says_its_color(void *unused)
{
    (void)unused;
    return says(cede_local_get(&color));
}

TEST(it_sees_the_task_local_values_of_where_it_was_registered)
{
    PAIR(a, b);
    open_loop();
    CHECK_OK(cede_local_set(&color, "red"));
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, says_its_color, NULL), 0);
    CHECK_OK(cede_local_set(&color, "blue"));
    turns(2);
    CHECK_NOTED("redred");
    CHECK_STR_EQ(cede_local_get(&color), "blue");
    close_loop();
}

static int fails(void *fd)
{
    (void)cede_loop_unwatch(loop, *(int *)fd, CEDE_WRITABLE);
    return cede_fail(-EIO, "no paper");
}

TEST(one_that_fails_is_reported_by_name_and_the_loop_goes_on)
{
    PAIR(a, b);
    listen_to_hook();
    open_loop();
    CHECK_EQ(cede_loop_watch(loop, a, CEDE_WRITABLE, fails, &a), 0);
    turns(2);
    CHECK_EQ(hooked.count, 1);
    CHECK_ERR(hooked.err, -EIO);
    CHECK(strstr(hooked.what, "callback 'fails'"));
    CHECK_STR_EQ(hooked.message, "no paper");
    close_loop();
}

SUITE("io_watch")
