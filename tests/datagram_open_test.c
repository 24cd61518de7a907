/* SPDX-License-Identifier: MIT
 *
 * datagram_open_test.c - sockets for datagrams: which addresses they take, the
 * files of those that have one, and what is left when they are closed.
 */
#include "check.h"
#include "datagrams.h"

#include <fcntl.h>
#include <sys/un.h>

/* ---- addresses --------------------------------------------------------- */

TASK_TEST(port_0_becomes_one_that_is_free)
{
    cede_socket *a = at(LOOPBACK), *b = at(LOOPBACK);
    cede_address x = local_of(a), y = local_of(b);
    CHECK(cede_address_port(&x) > 0);
    CHECK(cede_address_port(&x) != cede_address_port(&y));
    CHECK_EQ(cede_address_type(&x), SOCK_DGRAM);
    cede_socket_close(a);
    cede_socket_close(b);
}

/* Somebody else may take the port between the two; not again and again. */
TASK_TEST(a_port_that_is_chosen_is_the_one)
{
    int rc = -EADDRINUSE;
    for (int i = 0; i < 20 && rc == -EADDRINUSE; i++) {
        cede_socket *s = at(LOOPBACK);
        struct address_text free_one = text_of(local_of(s));
        cede_socket_close(s);
        rc = cede_datagrams(free_one.text, NULL, &s);
        if (rc == 0)
            CHECK_STR_EQ(TEXT_OF_LOCAL(s), free_one.text);
        cede_socket_close(s);
    }
    CHECK_EQ(rc, 0);
}

TASK_TEST(its_descriptor_is_no_childs_and_does_not_block)
{
    cede_socket *s = at(LOOPBACK);
    CHECK(fcntl(cede_socket_fd(s), F_GETFD) & FD_CLOEXEC);
    CHECK(fcntl(cede_socket_fd(s), F_GETFL) & O_NONBLOCK);
    cede_socket_close(s);
}

static void refuses(const char *local, const char *peer, int code,
                    const char *message)
{
    static cede_socket *const some = (cede_socket *)room;
    cede_socket *s = some;
    CHECK_ERR(cede_datagrams(local, peer, &s), code);
    CHECK(!s);
    CHECK_STR_EQ(cede_message(), message);
}

TASK_TEST(what_is_wrong_with_an_address_is_said)
{
    cede_socket *s = at(LOOPBACK);
    struct address_text taken = text_of(local_of(s));
    char want[400];
    snprintf(want, sizeof want,
             "cannot receive at '%s': Address already in use", taken.text);
    refuses(taken.text, NULL, -EADDRINUSE, want);
    cede_socket_close(s);
    refuses(NULL, NULL, -EINVAL,
            "a socket for datagrams needs an address to receive at, or one to "
            "talk to");
    refuses("tcp://127.0.0.1:0", NULL, -EINVAL,
            "'tcp://127.0.0.1:0' is an address of streams; those of datagrams "
            "are udp://host:port and unix:path");
    refuses(LOOPBACK, "tcp://127.0.0.1:1", -EINVAL,
            "'tcp://127.0.0.1:1' is an address of streams; those of datagrams "
            "are udp://host:port and unix:path");
    refuses(LOOPBACK, "unix:@somebody", -EINVAL,
            "'udp://127.0.0.1:0' and 'unix:@somebody' are addresses of "
            "different kinds");
    refuses(LOOPBACK, "udp://[::1]:1", -EINVAL,
            "'udp://127.0.0.1:0' and 'udp://[::1]:1' are addresses of "
            "different kinds");
    refuses(NULL, "unix:@cede nobody", -ECONNREFUSED,
            "cannot talk to 'unix:@cede nobody': Connection refused");
    refuses("udp://192.0.2.1:0", NULL, -EADDRNOTAVAIL,
            "cannot receive at 'udp://192.0.2.1:0': Cannot assign requested "
            "address");
}

TASK_TEST(a_wrong_text_is_refused_as_addresses_are)
{
    cede_socket *s;
    CHECK_ERR(cede_datagrams("udp://127.0.0.1", NULL, &s), -EINVAL);
    CHECK(strstr(cede_message(), "udp://127.0.0.1"));
    CHECK_ERR(cede_datagrams(LOOPBACK, "", &s), -EINVAL);
}

/* Whether this machine has IPv6. */
static bool has_v6(void)
{
    cede_socket *s = NULL;
    int rc = cede_datagrams("udp://[::1]:0", NULL, &s);
    cede_socket_close(s);
    return rc == 0;
}

TASK_TEST(all_interfaces_are_those_of_both_kinds)
{
    cede_socket *s = at("udp://:0"), *from;
    char to[64];
    cede_address a = local_of(s);
    const char *const kinds[] = {"127.0.0.1", "[::1]"};
    for (int i = 0; i < (has_v6() ? 2 : 1); i++) {
        snprintf(to, sizeof to, "udp://%s:%d", kinds[i], cede_address_port(&a));
        from = between(NULL, to);
        send_text(from, kinds[i], NULL);
        cede_packet p = room_for(20);
        CHECK_EQ(cede_receive_packet(s, &p), 1);
        p.data = "answer";
        p.size = 6;
        CHECK_EQ(cede_send_packet(s, &p), 1);
        receive_text(from, "answer");
        cede_socket_close(from);
    }
    cede_socket_close(s);
}

TASK_TEST(of_all_interfaces_those_of_the_peers_kind_are_meant)
{
    cede_socket *a = at(LOOPBACK);
    cede_socket *b = between("udp://*:0", TEXT_OF_LOCAL(a));
    send_text(b, "hello", NULL);
    receive_text(a, "hello");
    cede_socket_close(a);
    cede_socket_close(b);
}

TASK_TEST(of_a_names_addresses_one_that_fits_is_taken)
{
    cede_socket *a = at(LOOPBACK);
    char to[64];
    cede_address where = local_of(a);
    snprintf(to, sizeof to, "udp://localhost:%d", cede_address_port(&where));
    cede_socket *b = between(LOOPBACK, to);
    send_text(b, "hello", NULL);
    receive_text(a, "hello");
    cede_socket_close(a);
    cede_socket_close(b);
}

/* ---- files ------------------------------------------------------------- */

/* As who crashed leaves it. */
static void leave_a_socket(int type)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, dir.name);
    int fd = socket(AF_UNIX, type, 0);
    CHECK_EQ(bind(fd, (void *)&un, sizeof un), 0);
    close(fd);
}

TASK_TEST(a_unix_sockets_file_goes_with_it)
{
    make_directory();
    cede_socket *s = at(dir.address);
    CHECK(is_there());
    CHECK_STR_EQ(TEXT_OF_LOCAL(s), dir.address);
    cede_socket *c = between(NULL, dir.address);
    send_text(c, "hello", NULL);
    receive_text(s, "hello");
    cede_socket_close(c);
    CHECK(is_there());
    cede_socket_close(s);
    CHECK(!is_there());
    remove_directory();
}

TASK_TEST(a_file_that_was_put_in_its_place_stays)
{
    make_directory();
    cede_socket *s = at(dir.address);
    CHECK_EQ(unlink(dir.name), 0);
    cede_socket *next = at(dir.address);
    cede_socket_close(s);
    CHECK(is_there());
    CHECK_EQ(unlink(dir.name), 0);
    int fd = open(dir.name, O_CREAT | O_WRONLY, 0600);
    cede_socket_close(next);
    CHECK(is_there());
    close(fd);
    CHECK_EQ(unlink(dir.name), 0);
    remove_directory();
}

TASK_TEST(a_socket_that_nobody_has_any_more_makes_way)
{
    const int types[] = {SOCK_DGRAM, SOCK_STREAM};
    for (int i = 0; i < 2; i++) {
        make_directory();
        leave_a_socket(types[i]);
        cede_socket *s = at(dir.address);
        cede_socket *c = between(NULL, dir.address);
        send_text(c, "hello", NULL);
        receive_text(s, "hello");
        cede_socket_close(c);
        cede_socket_close(s);
        remove_directory();
    }
}

TASK_TEST(one_that_somebody_has_does_not)
{
    make_directory();
    cede_socket *s = at(dir.address), *second;
    CHECK_ERR(cede_datagrams(dir.address, NULL, &second), -EADDRINUSE);
    send_text(s, "still here", s);
    receive_text(s, "still here");
    cede_socket_close(s);
    remove_directory();
}

TASK_TEST(one_of_another_type_that_somebody_has_does_not_either)
{
    make_directory();
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    strcpy(un.sun_path, dir.name);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_EQ(bind(fd, (void *)&un, sizeof un), 0);
    cede_socket *s;
    CHECK_ERR(cede_datagrams(dir.address, NULL, &s), -EADDRINUSE);
    CHECK_EQ(listen(fd, 1), 0);
    CHECK_ERR(cede_datagrams(dir.address, NULL, &s), -EADDRINUSE);
    CHECK_EQ(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    CHECK(accept(fd, NULL, NULL) < 0 && errno == EAGAIN);
    close(fd);
    CHECK_EQ(unlink(dir.name), 0);
    remove_directory();
}

TASK_TEST(a_file_of_another_kind_is_nobodys_to_remove)
{
    make_directory();
    int fd = open(dir.name, O_CREAT | O_WRONLY, 0600);
    cede_socket *s;
    CHECK_ERR(cede_datagrams(dir.address, NULL, &s), -EADDRINUSE);
    CHECK(is_there());
    close(fd);
    CHECK_EQ(unlink(dir.name), 0);
    remove_directory();
}

TASK_TEST(one_that_cannot_be_made_leaves_no_file)
{
    make_directory();
    cede_socket *s;
    CHECK_ERR(cede_datagrams(dir.address, "unix:@cede nobody", &s),
              -ECONNREFUSED);
    CHECK(!is_there());
    remove_directory();
}

TASK_TEST(errno_is_the_callers)
{
    make_directory();
    leave_a_socket(SOCK_DGRAM);
    errno = 77;
    cede_socket *s = at(dir.address), *none;
    cede_packet p[2] = {room_for(9), room_for(9)};
    CHECK_ERR(cede_datagrams(dir.address, NULL, &none), -EADDRINUSE);
    CHECK_ERR(cede_send_packet(s, p), -EDESTADDRREQ);
    CHECK_ERR(cede_send_packets(s, p, 2), -EDESTADDRREQ);
    CHECK_ERR(cede_within(CEDE_MS, notes_a_packet, s), -ETIMEDOUT);
    CHECK_EQ(unlink(dir.name), 0);
    cede_socket_close(s);
    CHECK_EQ(errno, 77);
    remove_directory();
}

SUITE("datagram_open")
