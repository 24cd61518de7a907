/* SPDX-License-Identifier: MIT
 *
 * net_path_test.c - Unix sockets: the files that they are, left behind, taken
 * over and removed.
 */
#define _GNU_SOURCE /* syscall */
#include "net.h"

#include <cede/io.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* Before the C library's. */
static bool listening_fails;

int listen(int fd, int backlog)
{
    if (!listening_fails)
        return (int)syscall(SYS_listen, fd, backlog);
    errno = EOPNOTSUPP;
    return -1;
}

static char directory[] = "/tmp/cede_net_XXXXXX";
static char path[64], address[80];

/* A path of the test's own, in a directory of its own. */
static void begin(void)
{
    CHECK(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/socket", directory);
    snprintf(address, sizeof address, "unix:%s", path);
}

static void end(void)
{
    unlink(path);
    CHECK_EQ(rmdir(directory), 0);
    strcpy(strrchr(directory, '_'), "_XXXXXX");
}

static bool exists(void)
{
    struct stat s;
    return lstat(path, &s) == 0;
}

/* As a process that died leaves it behind. */
static void leave_dead_socket(int type)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, path);
    int fd = socket(AF_UNIX, type, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    if (type == SOCK_STREAM)
        CHECK_EQ(listen(fd, 1), 0);
    close(fd);
    CHECK(exists());
}

TASK_TEST(a_unix_socket_is_served_and_its_file_removed_when_it_is_stopped)
{
    begin();
    {
        SERVED_AT(address, NULL, echo, NULL);
        CHECK_STR_EQ(served.address, address);
        CHECK_EQ(cede_server_port(served.server), 0);
        CHECK(exists());
        check_serves(address);
        CHECK_EQ(stop_served(&served, 0), 0);
        CHECK(!exists());
    }
    end();
}

TASK_TEST(it_is_removed_when_the_server_is_closed)
{
    cede_server *s;
    begin();
    CHECK_OK(cede_listen(address, &s));
    CHECK(exists());
    CHECK_OK(cede_server_close(s));
    CHECK(!exists());
    end();
}

TASK_TEST(it_is_removed_also_when_somebody_has_closed_the_number)
{
    struct served served = {.on_peer = echo};
    begin();
    int next = dup(0); /* the one that the socket is given now */
    close(next);
    serve_at(&served, NULL, address);
    CHECK_OK(cede_fd_close(next));
    CHECK_ERR(await_served(&served), CEDE_ECLOSED);
    CHECK(!exists());
    end_served(&served);
    end();
}

TASK_TEST(a_socket_that_nobody_answers_at_is_taken_over)
{
    begin();
    leave_dead_socket(SOCK_STREAM);
    {
        SERVED_AT(address, NULL, echo, NULL);
        check_serves(address);
    }
    end();
}

TASK_TEST(one_that_somebody_answers_at_is_in_use)
{
    begin();
    {
        SERVED_AT(address, NULL, echo, NULL);
        cede_server *s;
        CHECK_ERR(cede_listen(address, &s), -EADDRINUSE);
        CHECK(strstr(cede_message(), address));
        check_serves(address);
    }
    end();
}

TASK_TEST(one_that_does_not_listen_yet_is_in_use)
{
    begin();
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    cede_server *s;
    CHECK_ERR(cede_listen(address, &s), -EADDRINUSE);
    close(fd);
    end();
}

TASK_TEST(who_listens_is_not_bothered_by_others_that_try)
{
    begin();
    cede_server *first, *second;
    CHECK_EQ(cede_listen(address, &first), 0);
    CHECK_ERR(cede_listen(address, &second), -EADDRINUSE);
    cede_stream *peer;
    CEDE_SCOPE(briefly, cede_in(CEDE_MS));
    CHECK_ERR(cede_accept(first, &peer), -ECANCELED);
    CHECK_EQ(cede_server_close(first), 0);
    end();
}

TASK_TEST(one_whose_server_has_many_waiting_is_in_use)
{
    const cede_serve_options o = {.backlog = 1};
    cede_server *busy, *s;
    cede_stream *waiting[2];
    begin();
    CHECK_OK(cede_listen_with(&o, address, &busy));
    for (int i = 0; i < 2; i++)
        waiting[i] = dialed(address);
    CHECK_ERR(cede_listen(address, &s), -EADDRINUSE);
    for (int i = 0; i < 2; i++)
        CHECK_OK(cede_stream_close(waiting[i]));
    CHECK_OK(cede_server_close(busy));
    end();
}

TASK_TEST(one_for_datagrams_is_in_use_while_it_lives)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    cede_server *s;
    begin();
    strcpy(un.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    CHECK_EQ(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    CHECK_ERR(cede_listen(address, &s), -EADDRINUSE);
    CHECK(exists());
    close(fd);
    CHECK_OK(cede_listen(address, &s));
    CHECK_OK(cede_server_close(s));
    end();
}

TASK_TEST(what_is_no_socket_stays)
{
    cede_server *s;
    begin();
    FILE *file = fopen(path, "w");
    CHECK(file != NULL);
    fclose(file);
    CHECK_ERR(cede_listen(address, &s), -EADDRINUSE);
    CHECK(exists());
    end();
}

TASK_TEST(a_file_that_was_replaced_stays)
{
    cede_server *first, *second;
    begin();
    CHECK_OK(cede_listen(address, &first));
    CHECK_EQ(unlink(path), 0);
    CHECK_OK(cede_listen(address, &second));
    CHECK_OK(cede_server_close(first));
    CHECK(exists());
    CHECK_OK(cede_server_close(second));
    CHECK(!exists());
    end();
}

TASK_TEST(a_server_that_cannot_be_made_leaves_no_file)
{
    cede_server *s;
    begin();
    listening_fails = true;
    CHECK_ERR(cede_listen(address, &s), -EOPNOTSUPP);
    listening_fails = false;
    CHECK(!exists());
    CHECK_OK(cede_listen(address, &s));
    CHECK_ERR(cede_server_add(s, address), -EADDRINUSE);
    CHECK(exists());
    CHECK_OK(cede_server_close(s));
    end();
}

TASK_TEST(its_mode_is_as_asked_for_whatever_the_umask)
{
    const cede_serve_options o = {.mode = 0666};
    struct stat st;
    cede_server *s;
    begin();
    mode_t before = umask(0077);
    CHECK_OK(cede_listen_with(&o, address, &s));
    CHECK_EQ(stat(path, &st), 0);
    CHECK_EQ(st.st_mode & 0777, 0666);
    CHECK_OK(cede_server_close(s));
    CHECK_OK(cede_listen(address, &s));
    CHECK_EQ(stat(path, &st), 0);
    CHECK_EQ(st.st_mode & 0777, 0700);
    CHECK_OK(cede_server_close(s));
    umask(before);
    end();
}

TASK_TEST(a_forked_child_that_closes_the_server_leaves_it_to_its_parent)
{
    begin();
    {
        SERVED_AT(address, NULL, echo, NULL);
        cede_stream *s = dialed(address);
        check_echo(s, "hello");
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            _exit(cede_server_close(served.server));
        int status;
        CHECK_EQ(waitpid(pid, &status, 0), pid);
        CHECK_EQ(status, 0);
        CHECK(exists());
        check_echo(s, "still here");
        CHECK_OK(cede_stream_close(s));
        check_serves(address);
    }
    CHECK(!exists());
    end();
}

TASK_TEST(abstract_names_and_names_that_the_system_chooses_are_no_files)
{
    char text[64];
    snprintf(text, sizeof text, "unix:@cede-net-%d", (int)getpid());
    {
        SERVED_AT(text, NULL, echo, NULL);
        check_serves(text);
        cede_server *s;
        CHECK_ERR(cede_listen(text, &s), -EADDRINUSE);
    }
    SERVED_AT("unix:", NULL, echo, NULL);
    CHECK(strncmp(served.address, "unix:@", 6) == 0);
    check_serves(served.address);
}

SUITE("net_path")
