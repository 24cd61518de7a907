/* SPDX-License-Identifier: MIT
 *
 * datagrams.h - what tests of datagrams have in common.  Include check.h first.
 */
#ifndef CEDE_TESTS_DATAGRAMS_H
#define CEDE_TESTS_DATAGRAMS_H

#include <cede/net.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOPBACK "udp://127.0.0.1:0"

struct address_text {
    char text[CEDE_ADDRESS_TEXT];
};

static inline cede_address local_of(const cede_socket *s)
{
    cede_address a;
    CHECK_EQ(cede_socket_local(s, &a), 0);
    return a;
}

static inline struct address_text text_of(cede_address a)
{
    struct address_text t;
    cede_address_text(&a, t.text, sizeof t.text);
    return t;
}

#define TEXT_OF_LOCAL(s) (text_of(local_of(s)).text)

static inline cede_socket *at(const char *local)
{
    cede_socket *s;
    CHECK_EQ(cede_datagrams(local, NULL, &s), 0);
    return s;
}

static inline cede_socket *between(const char *local, const char *peer)
{
    cede_socket *s;
    CHECK_EQ(cede_datagrams(local, peer, &s), 0);
    return s;
}

/* A packet of a text to the socket, and to whom a connected one talks. */
static inline cede_packet text_to(const char *text, const cede_socket *to)
{
    cede_packet p = {.data = (void *)(uintptr_t)text, .size = strlen(text)};
    if (to)
        p.peer = local_of(to);
    return p;
}

static inline void send_text(cede_socket *from, const char *text,
                             const cede_socket *to)
{
    const cede_packet p = text_to(text, to);
    CHECK_EQ(cede_send_packet(from, &p), 1);
}

static char room[2048];

static inline cede_packet room_for(size_t size)
{
    return (cede_packet){.data = room, .size = size};
}

/* Receive one packet, which is that text. */
static inline void receive_text(cede_socket *s, const char *want)
{
    cede_packet p = room_for(sizeof room - 1);
    CHECK_EQ(cede_receive_packet(s, &p), 1);
    CHECK(p.size < sizeof room);
    room[p.size] = 0;
    CHECK_STR_EQ(room, want);
}

/* Wait for one packet, and note its text, or the failure. */
static inline int notes_a_packet(void *socket)
{
    char text[100];
    cede_packet p = {.data = text, .size = sizeof text};
    int rc = cede_receive_packet(socket, &p);
    if (rc > 0)
        note("%.*s ", (int)p.size, text);
    else
        note("%s ", rc == -ECANCELED      ? "cancelled"
                    : rc == CEDE_ECLOSED  ? "closed"
                    : rc == -EBUSY        ? "busy"
                    : rc == -ECONNREFUSED ? "refused"
                                          : "failed");
    return rc;
}

/* ---- a Unix socket's file ---------------------------------------------- */

static struct directory {
    char path[40], name[64], address[80];
} dir;

static inline void make_directory(void)
{
    strcpy(dir.path, "/tmp/cede-test-XXXXXX");
    CHECK(mkdtemp(dir.path) != NULL);
    snprintf(dir.name, sizeof dir.name, "%s/socket", dir.path);
    snprintf(dir.address, sizeof dir.address, "unix:%s", dir.name);
}

/* Nothing was left in it. */
static inline void remove_directory(void)
{
    CHECK_EQ(rmdir(dir.path), 0);
}

static inline bool is_there(void)
{
    struct stat st;
    return lstat(dir.name, &st) == 0;
}

#endif
