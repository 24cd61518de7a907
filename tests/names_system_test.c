/* SPDX-License-Identifier: MIT
 *
 * names_system_test.c - names looked up by the system's own resolver; such that
 * no network is asked for.
 */
#include "check.h"
#include <netdb.h>
#include <sys/socket.h>

/* As it is answered, each once, with port 80. */
static int ask_system(const char *name, cede_address *out, int most)
{
    int n = 0;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(name, "80", &hints, &found) != 0)
        return 0;
    for (struct addrinfo *i = found; i && n < most; i = i->ai_next) {
        bool again = false;
        CHECK_OK(
            cede_address_from(i->ai_addr, i->ai_addrlen, SOCK_STREAM, &out[n]));
        for (int k = 0; k < n; k++)
            again = again || cede_address_equal(&out[k], &out[n]);
        n += !again;
    }
    freeaddrinfo(found);
    return n;
}

TASK_TEST(localhost_has_the_addresses_that_the_system_says)
{
    cede_address want[8], is[8];
    int n = ask_system("localhost", want, 8);
    if (n == 0) {
        CHECK_ERR(cede_resolve_name("tcp://localhost:80", is, 8), CEDE_EDNS);
        return;
    }
    CHECK_EQ(cede_resolve_name("tcp://localhost:80", is, 8), n);
    for (int i = 0; i < n; i++)
        CHECK(cede_address_equal(&is[i], &want[i]));
}

TASK_TEST(what_can_be_no_name_is_not_found)
{
    CHECK_ERR(cede_resolve_name("tcp://a..b:80", NULL, 0), CEDE_EDNS);
    CHECK(strstr(cede_message(), "'a..b': ") == cede_message());
}

SUITE("names_system")
