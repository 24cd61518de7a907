/* SPDX-License-Identifier: MIT
 *
 * address_test.c - addresses: their text, their parts, and what the system has.
 */
#include "check.h"
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static cede_address parsed(const char *text)
{
    cede_address a;
    CHECK_OK(cede_address_parse(text, &a));
    return a;
}

static const char *text_of(const cede_address *a)
{
    static char text[CEDE_ADDRESS_TEXT];
    CHECK_EQ(cede_address_text(a, text, sizeof text), strlen(text));
    return text;
}

static void reads_as(const char *text, const char *want)
{
    cede_address a = parsed(text);
    CHECK_STR_EQ(text_of(&a), want);
}

static void is_kept(const char *text)
{
    reads_as(text, text);
}

static void is_wrong(const char *text, const char *why)
{
    char want[512];
    cede_address a = {.type_ = 99};
    CHECK_ERR(cede_address_parse(text, &a), -EINVAL);
    snprintf(want, sizeof want, "address '%.200s': %s", text, why);
    CHECK_STR_EQ(cede_message(), want);
    CHECK_EQ(a.type_, 99);
}

/* ---- text ------------------------------------------------------------ */

TEST(what_is_read_is_written_in_the_same_form)
{
    is_kept("tcp://192.0.2.7:80");
    is_kept("udp://192.0.2.7:53");
    is_kept("tcp://[::1]:80");
    is_kept("udp://[2001:db8::7]:65535");
    is_kept("tcp://[::ffff:192.0.2.7]:0");
    is_kept("tcp://[::]:80");
    is_kept("tcp://0.0.0.0:80");
    is_kept("tcp://*:80");
    is_kept("udp://*:0");
    is_kept("unix:/run/app.sock");
    is_kept("unix:relative/path");
    is_kept("unix:/with:colon and space");
    is_kept("unix:./@no-abstract-name");
    is_kept("unix:@name");
    is_kept("unix:@");
    is_kept("unix:");
}

TEST(there_may_be_several_ways_to_write_one)
{
    reads_as("tcp://:80", "tcp://*:80");
    reads_as("tcp://127.0.0.1:0080", "tcp://127.0.0.1:80");
    reads_as("tcp://[0:0::0:1]:80", "tcp://[::1]:80");
    reads_as("tcp://[2001:DB8::A]:80", "tcp://[2001:db8::a]:80");
    reads_as("tcp://[fe80::1%4000000000]:80", "tcp://[fe80::1%4000000000]:80");
    reads_as("unix:@a%62%63", "unix:@abc");
    reads_as("unix:@%1F%7f", "unix:@%1f%7f");
}

TEST(a_scope_is_an_interface_by_name_or_number)
{
    unsigned lo = if_nametoindex("lo");
    char text[64];
    CHECK(lo > 0);
    is_kept("tcp://[::1%lo]:80");
    is_kept("udp://[fe80::1%lo]:80");
    snprintf(text, sizeof text, "tcp://[fe80::1%%%u]:80", lo);
    reads_as(text, "tcp://[fe80::1%lo]:80");
    cede_address a = parsed(text);
    size_t size;
    const struct sockaddr_in6 *in6 = cede_address_raw(&a, &size);
    CHECK_EQ(size, sizeof *in6);
    CHECK_EQ(in6->sin6_scope_id, lo);
}

TEST(an_abstract_name_may_have_any_bytes)
{
    cede_address a = parsed("unix:@a%00b%25%0a"), b;
    size_t size;
    const struct sockaddr_un *un = cede_address_raw(&a, &size);
    CHECK_EQ(size, offsetof(struct sockaddr_un, sun_path) + 6);
    CHECK(memcmp(un->sun_path, "\0a\0b%\n", 6) == 0);
    CHECK_STR_EQ(text_of(&a), "unix:@a%00b%25%0a");
    CHECK_OK(cede_address_from(un, size, 0, &b));
    CHECK(cede_address_equal(&a, &b));
    CHECK_OK(cede_address_from(un, size - 1, 0, &b));
    CHECK(!cede_address_equal(&a, &b));
}

TEST(text_is_cut_as_snprintf_does)
{
    cede_address a = parsed("tcp://127.0.0.1:80");
    char buf[8] = "";
    CHECK_EQ(cede_address_text(&a, buf, sizeof buf), 18);
    CHECK_STR_EQ(buf, "tcp://1");
    CHECK_EQ(cede_address_text(&a, NULL, 0), 18);
}

TEST(no_text_is_longer_than_it_may_be)
{
    char text[512] = "unix:@";
    for (int i = 0; i < 107; i++)
        strcat(text, "%ff");
    cede_address a = parsed(text);
    CHECK_EQ(cede_address_text(&a, NULL, 0), 6 + 107);
    strcpy(text, "unix:@");
    for (int i = 0; i < 107; i++)
        strcat(text, "%00");
    is_kept(text);
    CHECK(strlen(text) < CEDE_ADDRESS_TEXT);
    strcat(text, "%00");
    is_wrong(text, "the abstract name is longer than 107 bytes");
}

TEST(a_text_can_be_checked_without_an_address_to_write_to)
{
    CHECK_OK(cede_address_parse("tcp://[::1]:80", NULL));
    CHECK_ERR(cede_address_parse("tcp://[::1]", NULL), -EINVAL);
}

TEST(reading_and_writing_leave_errno_alone)
{
    char text[CEDE_ADDRESS_TEXT];
    errno = 33;
    CHECK_ERR(cede_address_parse("tcp://[::1%nowhere]:80", NULL), -EINVAL);
    cede_address a = parsed("tcp://[::1%4000000000]:80");
    cede_address_text(&a, text, sizeof text);
    CHECK_EQ(errno, 33);
}

/* ---- what is wrong --------------------------------------------------- */

TEST(an_unknown_scheme_is_told_those_there_are)
{
    const char *why = "it begins with none of tcp://, udp:// and unix:";
    is_wrong("http://example.org", why);
    is_wrong("127.0.0.1:80", why);
    is_wrong("tcp:127.0.0.1:80", why);
    is_wrong("TCP://127.0.0.1:80", why);
    is_wrong("/run/app.sock", why);
    is_wrong("", why);
    CHECK_ERR(cede_address_parse(NULL, NULL), -EINVAL);
    CHECK_STR_EQ(cede_message(), "an address of which the text is NULL");
}

TEST(a_missing_port_is_shown_where_it_belongs)
{
    is_wrong("tcp://host", "the port is missing, as in tcp://host:80");
    is_wrong("tcp://host:", "the port is missing, as in tcp://host:80");
    is_wrong("udp://127.0.0.1",
             "the port is missing, as in udp://127.0.0.1:80");
    is_wrong("tcp://[::1]", "the port is missing, as in tcp://[::1]:80");
    is_wrong("tcp://[::1]:", "the port is missing, as in tcp://[::1]:80");
    is_wrong("tcp://", "the port is missing, as in tcp://:80");
}

TEST(a_port_is_a_number_in_its_range)
{
    is_wrong("tcp://host:99999",
             "port '99999' is no number within 0 and 65535");
    is_wrong("tcp://host:65536",
             "port '65536' is no number within 0 and 65535");
    is_wrong("tcp://host:http", "port 'http' is no number within 0 and 65535");
    is_wrong("tcp://host:-1", "port '-1' is no number within 0 and 65535");
    is_wrong("tcp://host: 80", "port ' 80' is no number within 0 and 65535");
    is_wrong("tcp://host:80/", "port '80/' is no number within 0 and 65535");
    is_wrong("tcp://[::1]:x", "port 'x' is no number within 0 and 65535");
    is_wrong("tcp://h:99999999999999999999999",
             "port '99999999999999999999999' is no number within 0 and 65535");
}

TEST(an_ipv6_host_stands_in_brackets_and_is_one)
{
    is_wrong("tcp://::1:80",
             "an IPv6 host stands in brackets, as in tcp://[::1]:80");
    is_wrong("udp://fe80::1:80",
             "an IPv6 host stands in brackets, as in udp://[::1]:80");
    is_wrong("tcp://[::1:80",
             "the ']' of the IPv6 host is missing, as in tcp://[::1]:80");
    is_wrong("tcp://[::1]80", "']' is followed by '80', not by ':' and a port");
    is_wrong("tcp://[::g]:80", "'::g' is no IPv6 address");
    is_wrong("tcp://[]:80", "'' is no IPv6 address");
    is_wrong("tcp://[127.0.0.1]:80", "'127.0.0.1' is no IPv6 address");
    is_wrong("tcp://[host]:80", "'host' is no IPv6 address");
    is_wrong("tcp://[1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111]:1",
             "'1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111' is no "
             "IPv6 address");
}

TEST(a_scope_that_is_no_interface_is_named)
{
    is_wrong("tcp://[fe80::1%nowhere]:80",
             "'nowhere' is no network interface of this system");
    is_wrong("tcp://[fe80::1%]:80",
             "'' is no network interface of this system");
    is_wrong("tcp://[fe80::1%a-name-of-17-byte]:80",
             "'a-name-of-17-byte' is no network interface of this system");
    is_wrong("tcp://[fe80::1%4294967296]:80",
             "'4294967296' is no network interface of this system");
}

TEST(a_host_that_ends_in_a_number_is_ipv4_in_four_parts)
{
    is_wrong("tcp://256.1.1.1:80",
             "'256.1.1.1' is no IPv4 address in four parts");
    is_wrong("tcp://1.2.3:80", "'1.2.3' is no IPv4 address in four parts");
    is_wrong("tcp://127.1:80", "'127.1' is no IPv4 address in four parts");
    is_wrong("tcp://2130706433:80",
             "'2130706433' is no IPv4 address in four parts");
    is_wrong("tcp://0x7f.0x1:80",
             "'0x7f.0x1' is no IPv4 address in four parts");
    is_wrong("tcp://127.0.0.1.:80",
             "'127.0.0.1.' is no IPv4 address in four parts");
    is_wrong("tcp://example.1:80",
             "'example.1' is no IPv4 address in four parts");
    is_wrong("tcp://127.0.0.01:80",
             "'127.0.0.01' is no IPv4 address in four parts");
}

TEST(a_host_that_can_be_no_name_is_refused)
{
    char text[400] = "tcp://";
    is_wrong("tcp://a b:80", "host 'a b': no name has a ' '");
    is_wrong("tcp://user@host:80", "host 'user@host': no name has a '@'");
    is_wrong("tcp://host/path:80", "host 'host/path': no name has a '/'");
    is_wrong("tcp://*.org:80", "host '*.org': no name has a '*'");
    is_wrong("tcp://a\nb:80", "the host has a control character, byte 10");
    is_wrong("tcp://b\xc3\xbc"
             "cher.example:80",
             "the host is not in ASCII; such names are written as xn--...");
    memset(text + 6, 'a', 254);
    strcpy(text + 6 + 254, ":80");
    is_wrong(text, "the host is longer than 253 bytes");
    strcpy(text + 6 + 253, ":80");
    CHECK_ERR(cede_address_parse(text, NULL), CEDE_EDNS);
}

TEST(a_unix_path_has_room_for_107_bytes)
{
    char text[256] = "unix:";
    memset(text + 5, 'a', 107);
    is_kept(text);
    text[5 + 107] = 'a';
    is_wrong(text, "the path is longer than 107 bytes");
    strcpy(text, "unix:@");
    memset(text + 6, 'a', 107);
    text[6 + 107] = '\0';
    is_kept(text);
    text[6 + 107] = 'a';
    is_wrong(text, "the abstract name is longer than 107 bytes");
}

TEST(an_escape_in_an_abstract_name_is_two_digits)
{
    is_wrong("unix:@100%", "'%' is no escape of a byte, as in %00");
    is_wrong("unix:@100%0", "'%0' is no escape of a byte, as in %00");
    is_wrong("unix:@%zz!", "'%zz' is no escape of a byte, as in %00");
    is_kept("unix:/100%");
}

TEST(a_name_is_no_address_and_no_mistake)
{
    cede_address a = {.type_ = 99};
    CHECK_ERR(cede_address_parse("tcp://example.org:80", &a), CEDE_EDNS);
    CHECK_STR_EQ(cede_message(),
                 "address 'tcp://example.org:80': host 'example.org' is a "
                 "name, which has to be looked up: cede_resolve_name");
    CHECK_EQ(a.type_, 99);
    CHECK_ERR(cede_address_parse("udp://localhost:0", NULL), CEDE_EDNS);
    CHECK_ERR(cede_address_parse("tcp://a-1.b_2.org.:1", NULL), CEDE_EDNS);
    CHECK_ERR(cede_address_parse("tcp://1.2.3.4a:1", NULL), CEDE_EDNS);
}

/* ---- parts ----------------------------------------------------------- */

TEST(parts_of_an_address_can_be_asked_for)
{
    cede_address v4 = parsed("tcp://192.0.2.7:80");
    cede_address v6 = parsed("udp://[::1]:65535"), un = parsed("unix:/a");
    cede_address none = {0}, any = parsed("tcp://:0");
    CHECK_EQ(cede_address_family(&v4), AF_INET);
    CHECK_EQ(cede_address_family(&v6), AF_INET6);
    CHECK_EQ(cede_address_family(&un), AF_UNIX);
    CHECK_EQ(cede_address_family(&any), AF_INET6);
    CHECK_EQ(cede_address_family(&none), 0);
    CHECK_EQ(cede_address_type(&v4), SOCK_STREAM);
    CHECK_EQ(cede_address_type(&v6), SOCK_DGRAM);
    CHECK_EQ(cede_address_type(&un), 0);
    CHECK_EQ(cede_address_port(&v4), 80);
    CHECK_EQ(cede_address_port(&v6), 65535);
    CHECK_EQ(cede_address_port(&any), 0);
    CHECK_ERR(cede_address_port(&un), -EINVAL);
    CHECK_ERR(cede_address_port(&none), -EINVAL);
    CHECK(cede_address_is_any(&any) && !cede_address_is_any(&v6));
    CHECK_STR_EQ(text_of(&none), "");
}

static bool equal(const char *one, const char *other)
{
    cede_address a = parsed(one), b = parsed(other);
    return cede_address_equal(&a, &b);
}

TEST(equal_are_those_of_one_text)
{
    CHECK(equal("tcp://[0::1]:80", "tcp://[::1]:80"));
    CHECK(equal("tcp://:80", "tcp://*:80"));
    CHECK(!equal("tcp://:80", "tcp://[::]:80"));
    CHECK(!equal("tcp://127.0.0.1:80", "udp://127.0.0.1:80"));
    CHECK(!equal("tcp://127.0.0.1:80", "tcp://127.0.0.1:81"));
    CHECK(!equal("tcp://127.0.0.1:80", "tcp://127.0.0.2:80"));
    CHECK(!equal("tcp://127.0.0.1:80", "tcp://[::ffff:127.0.0.1]:80"));
    CHECK(!equal("tcp://[fe80::1%1]:80", "tcp://[fe80::1%2]:80"));
    CHECK(equal("unix:/a", "unix:/a"));
    CHECK(!equal("unix:/a", "unix:/ab"));
    CHECK(!equal("unix:@", "unix:"));
}

/* ---- of the system's ------------------------------------------------- */

static cede_address bound(const cede_address *a, int type)
{
    cede_address got;
    size_t size;
    struct sockaddr_storage raw;
    socklen_t raw_size = sizeof raw;
    const struct sockaddr *to = cede_address_raw(a, &size);
    int fd = socket(cede_address_family(a), type | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, to, (socklen_t)size) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&raw, &raw_size) == 0);
    close(fd);
    CHECK_OK(cede_address_from(&raw, raw_size, type, &got));
    return got;
}

TEST(a_socket_that_is_bound_tells_the_same_address)
{
    char path[64];
    snprintf(path, sizeof path, "unix:/tmp/cede-address-%d", (int)getpid());
    cede_address a = parsed(path), got = bound(&a, SOCK_STREAM);
    unlink(path + 5);
    CHECK(cede_address_equal(&a, &got));

    snprintf(path, sizeof path, "unix:@cede%%00address-%d", (int)getpid());
    a = parsed(path);
    got = bound(&a, SOCK_DGRAM);
    CHECK(cede_address_equal(&a, &got));

    a = parsed("tcp://127.0.0.1:0");
    got = bound(&a, SOCK_STREAM);
    CHECK(cede_address_port(&got) > 0);
    CHECK(strncmp(text_of(&got), "tcp://127.0.0.1:", 16) == 0);
    a = parsed("udp://127.0.0.1:0");
    got = bound(&a, SOCK_DGRAM);
    CHECK(strncmp(text_of(&got), "udp://127.0.0.1:", 16) == 0);
}

TEST(a_unix_socket_without_a_name_is_given_one_by_the_system)
{
    cede_address a = parsed("unix:"), got = bound(&a, SOCK_STREAM);
    CHECK(strncmp(text_of(&got), "unix:@", 6) == 0);
    CHECK(strlen(text_of(&got)) > 6);
}

TEST(a_unix_path_ends_where_it_ends_whatever_size_it_came_with)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/a/b"};
    size_t at = offsetof(struct sockaddr_un, sun_path);
    cede_address a = parsed("unix:/a/b"), b;
    for (size_t size = at + 4; size <= sizeof un; size++) {
        memset(un.sun_path + 5, 'x', sizeof un.sun_path - 5);
        CHECK_OK(cede_address_from(&un, size, 0, &b));
        CHECK(cede_address_equal(&a, &b));
    }
}

TEST(the_longest_path_of_the_system_needs_no_end)
{
    struct {
        struct sockaddr_un un;
        char more[4];
    } s = {.un.sun_family = AF_UNIX};
    cede_address a;
    size_t size;
    memset(s.un.sun_path, 'a', sizeof s.un.sun_path);
    for (size_t more = 0; more < 2; more++) {
        CHECK_OK(cede_address_from(&s, sizeof s.un + more, 0, &a));
        CHECK_EQ(strlen(text_of(&a)), 5 + 108);
        (void)cede_address_raw(&a, &size);
        CHECK_EQ(size, sizeof s.un);
    }
    CHECK_ERR(cede_address_from(&s, sizeof s.un + 2, 0, &a), -EINVAL);
}

TEST(what_is_no_address_of_ours_is_refused)
{
    struct sockaddr_storage raw = {.ss_family = AF_NETLINK};
    cede_address a = {.type_ = 99};
    CHECK_ERR(cede_address_from(&raw, sizeof raw, 0, &a), -EAFNOSUPPORT);
    CHECK_ERR(cede_address_from(&raw, 1, 0, &a), -EINVAL);
    raw.ss_family = AF_INET;
    CHECK_ERR(cede_address_from(&raw, 15, SOCK_STREAM, &a), -EINVAL);
    CHECK_ERR(cede_address_from(&raw, 16, SOCK_RAW, &a), -EINVAL);
    raw.ss_family = AF_INET6;
    CHECK_ERR(cede_address_from(&raw, 27, SOCK_STREAM, &a), -EINVAL);
    CHECK_STR_EQ(cede_message(), "27 bytes are no address of family 10");
    CHECK_EQ(a.type_, 99);
    CHECK_OK(cede_address_from(&raw, 0, 0, &a));
    CHECK_EQ(cede_address_family(&a), 0);
}

TEST(what_a_peer_may_set_besides_its_address_makes_no_difference)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_zero = "abcdefg"};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_flowinfo = 7};
    cede_address v4 = parsed("tcp://0.0.0.0:0"), v6 = parsed("tcp://[::]:0"), a;
    CHECK_OK(cede_address_from(&in, sizeof in, SOCK_STREAM, &a));
    CHECK(cede_address_equal(&a, &v4));
    CHECK_OK(cede_address_from(&in6, sizeof in6, SOCK_STREAM, &a));
    CHECK(cede_address_equal(&a, &v6));
}

/* ---- anything -------------------------------------------------------- */

static unsigned seed = 1;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

/* What is read is written, and that is read as the same. */
static void survives(const char *given)
{
    char text[CEDE_ADDRESS_TEXT];
    snprintf(text, sizeof text, "%s", given);
    cede_address a, b;
    int rc = cede_address_parse(text, &a);
    CHECK(rc == 0 || rc == -EINVAL || rc == CEDE_EDNS);
    if (rc < 0)
        return;
    CHECK_OK(cede_address_parse(text_of(&a), &b));
    CHECK(cede_address_equal(&a, &b));
}

TEST(pieces_of_addresses_in_any_order_are_read_or_refused)
{
    static const char *const pieces[] = {
        "tcp://", "udp://", "unix:", ":", "[", "]", "@", "%",   "%lo", "::1",
        "1",      "65535",  ".",     "*", "/", "a", "-", "%00", "%25", "\xff"};
    char text[256];
    int read = 0;
    for (int i = 0; i < rounds(200000); i++) {
        text[0] = '\0';
        strcat(text, pieces[dice(3)]);
        for (unsigned n = dice(9); n > 0; n--)
            strcat(text, pieces[dice(sizeof pieces / sizeof pieces[0])]);
        survives(text);
        read += cede_address_parse(text, NULL) == 0;
    }
    CHECK(read > rounds(10000));
}

TEST(any_bytes_of_the_system_are_taken_or_refused)
{
    static const unsigned short families[] = {AF_UNIX, AF_INET, AF_INET6, 77};
    int read = 0;
    for (int i = 0; i < rounds(100000); i++) {
        unsigned char raw[128];
        for (size_t at = 0; at < sizeof raw; at++)
            raw[at] = (unsigned char)(dice(4) ? dice(256) : 0);
        memcpy(raw, &families[dice(4)], sizeof families[0]);
        cede_address a;
        size_t size = dice(sizeof raw + 1);
        unsigned char *exact = malloc(size ? size : 1); /* so ASan sees more */
        memcpy(exact, raw, size);
        if (cede_address_from(exact, size, SOCK_STREAM, &a) == 0) {
            CHECK(strlen(text_of(&a)) < CEDE_ADDRESS_TEXT);
            if (cede_address_type(&a) || strncmp(text_of(&a), "unix:@", 6) == 0)
                survives(text_of(&a));
            read++;
        }
        free(exact);
    }
    CHECK(read > rounds(20000));
}

SUITE("address")
