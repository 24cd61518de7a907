/* SPDX-License-Identifier: MIT
 *
 * surprise_datagram_test.c - no surprises: a socket for datagrams, its file,
 * and the child of a fork.
 */
#include "check.h"
#include "children.h"
#include "datagrams.h"

static cede_socket *parents;

static void closes_it(void)
{
    SAY("closed %d; ", cede_socket_close(parents));
}

static int forks_with_a_socket(void *arg)
{
    CEDE_TRY(cede_datagrams(dir.address, NULL, &parents));
    CEDE_TRY(forks(arg));
    SAY(is_there() ? "still there; " : "gone; ");
    send_text(parents, "still here", parents);
    receive_text(parents, "still here");
    return cede_socket_close(parents);
}

static void run_forks_with_a_socket(void *arg)
{
    SAY("run %d", cede_run(forks_with_a_socket, arg));
}

TEST(a_child_may_close_it_and_the_file_is_the_parents)
{
    make_directory();
    void (*fn)(void) = closes_it;
    const struct output *o = OUTPUT_OF(run_forks_with_a_socket, &fn);
    CHECK_STR_EQ(o->text, "closed 0; child ended 7; tick; still there; run 0");
    CHECK(!is_there());
    remove_directory();
}

SUITE_OF_FORKS("surprise_datagram")
