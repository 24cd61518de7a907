/* SPDX-License-Identifier: MIT
 *
 * url_test.c - URLs are read, joined and found as RFC 3986 has it.
 */
#include "../../examples/net/url.h"
#include "../check.h"

static struct url parsed;

static const char *parse(const char *text)
{
    CHECK_OK(url_parse(text, &parsed));
    return parsed.text;
}

static const char *join(const char *base, const char *link)
{
    struct url from;
    CHECK_OK(url_parse(base, &from));
    CHECK_OK(url_resolve(&from, link, strlen(link), &parsed));
    return parsed.text;
}

/* ---- reading --------------------------------------------------------- */

TEST(spellings_of_one_place_are_one_text)
{
    CHECK_STR_EQ(parse("http://example.org"), "http://example.org/");
    CHECK_STR_EQ(parse("HTTP://Example.ORG:80/"), "http://example.org/");
    CHECK_STR_EQ(parse("http://example.org:/#top"), "http://example.org/");
    CHECK_STR_EQ(parse("http://example.org/a/./b/../c"),
                 "http://example.org/a/c");
    CHECK_STR_EQ(parse("http://example.org?q#f"), "http://example.org/?q");
    CHECK_STR_EQ(parse("http://h/a?b=../c"), "http://h/a?b=../c");
}

TEST(hosts_are_names_or_numbers_with_or_without_a_port)
{
    CHECK_STR_EQ(parse("http://a-b.c_d.9:8080/x"), "http://a-b.c_d.9:8080/x");
    CHECK_STR_EQ(parse("http://[::1]:81/"), "http://[::1]:81/");
    CHECK_STR_EQ(parse("http://[2001:DB8::7]/"), "http://[2001:db8::7]/");
    CHECK_STR_EQ(parse("http://h:65535"), "http://h:65535/");
}

TEST(what_is_no_character_of_a_url_is_encoded)
{
    CHECK_STR_EQ(parse("http://h/a b\r\nc?\"<\xc3\xbc>"),
                 "http://h/a%20b%0D%0Ac?%22%3C%C3%BC%3E");
    CHECK_STR_EQ(parse("http://h/a%20b"), "http://h/a%20b");
}

TEST(what_cannot_be_read_is_refused)
{
    static const char *const bad[] = {
        "",
        "h",
        "//h/",
        "http:",
        "http:/h",
        "http://",
        "http:///x",
        "http://:80/",
        "http://h:0/",
        "http://h:x/",
        "http://h:65536/",
        "http://h:-1/",
        "http://h:+1/",
        "http://u@h/",
        "http://u:p@h/",
        "http://[::1/",
        "http://[]/",
        "http://[g]/",
        "http://\xc3\xbc/",
        "http://h h/",
        "http://[::1]x/",
        "http:g",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (url_parse(bad[i], &parsed) != -EINVAL)
            check_fail_(__FILE__, __LINE__, "'%s' is read", bad[i]);
        CHECK(cede_message()[0]);
    }
    CHECK_ERR(url_parse("https://h/", &parsed), -EPROTONOSUPPORT);
    CHECK_ERR(url_parse("mailto:me", &parsed), -EPROTONOSUPPORT);
}

TEST(a_url_has_to_fit)
{
    char text[3 * URL_SIZE];
    for (int size = URL_SIZE - 40; size < URL_SIZE + 40; size++) {
        snprintf(text, sizeof text, "http://h/%0*d", size - 9, 0);
        int rc = url_parse(text, &parsed);
        CHECK_EQ(rc, size < URL_SIZE ? 0 : -ENAMETOOLONG);
        if (rc == 0)
            CHECK_STR_EQ(parsed.text, text);
    }
    memset(text, '/', sizeof text - 1);
    memcpy(text, "http://h/x", 10);
    memcpy(text + sizeof text - 4, "/..", 4);
    CHECK_ERR(url_parse(text, &parsed), -ENAMETOOLONG);
    struct url base;
    CHECK_OK(url_parse("http://h/", &base));
    CHECK_ERR(url_resolve(&base, text + 8, URL_SIZE, &parsed), -ENAMETOOLONG);
    CHECK_ERR(url_resolve(&base, text + 8, URL_SIZE - 1, &parsed),
              -ENAMETOOLONG);
}

/* ---- joining --------------------------------------------------------- */

TEST(links_join_as_in_the_examples_of_rfc_3986)
{
    static const char *const joined[][2] = {
        {"g", "b/c/g"},
        {"./g", "b/c/g"},
        {"g/", "b/c/g/"},
        {"/g", "g"},
        {"?y", "b/c/d;p?y"},
        {"g?y", "b/c/g?y"},
        {"#s", "b/c/d;p?q"},
        {"g#s", "b/c/g"},
        {"g?y#s", "b/c/g?y"},
        {";x", "b/c/;x"},
        {"g;x", "b/c/g;x"},
        {"", "b/c/d;p?q"},
        {".", "b/c/"},
        {"./", "b/c/"},
        {"..", "b/"},
        {"../", "b/"},
        {"../g", "b/g"},
        {"../..", ""},
        {"../../", ""},
        {"../../g", "g"},
        {"../../../g", "g"},
        {"../../../../g", "g"},
        {"/./g", "g"},
        {"/../g", "g"},
        {"g.", "b/c/g."},
        {".g", "b/c/.g"},
        {"g..", "b/c/g.."},
        {"..g", "b/c/..g"},
        {"./../g", "b/g"},
        {"./g/.", "b/c/g/"},
        {"g/./h", "b/c/g/h"},
        {"g/../h", "b/c/h"},
        {"g;x=1/./y", "b/c/g;x=1/y"},
        {"g;x=1/../y", "b/c/y"},
        {"g?y/./x", "b/c/g?y/./x"},
        {"g?y/../x", "b/c/g?y/../x"},
        {"g#s/../x", "b/c/g"},
    };
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        char want[100];
        snprintf(want, sizeof want, "http://a/%s", joined[i][1]);
        CHECK_STR_EQ(join("http://a/b/c/d;p?q", joined[i][0]), want);
    }
    CHECK_STR_EQ(join("http://a/b/c/d;p?q", "//g"), "http://g/");
    CHECK_STR_EQ(join("http://a/b/c/d;p?q", "http://g/x"), "http://g/x");
}

TEST(blanks_around_a_link_do_not_count)
{
    CHECK_STR_EQ(join("http://a/b/c", " \n d\t"), "http://a/b/d");
}

TEST(a_colon_behind_the_first_slash_is_no_scheme)
{
    CHECK_STR_EQ(join("http://a/b/c", "./x:y"), "http://a/b/x:y");
    CHECK_STR_EQ(join("http://a/b/c", "?x:y"), "http://a/b/c?x:y");
}

/* ---- parts ----------------------------------------------------------- */

static const char *address(const char *text)
{
    static char out[URL_SIZE];
    parse(text);
    url_address(&parsed, out);
    return out;
}

TEST(whom_to_dial_has_a_port)
{
    CHECK_STR_EQ(address("http://h/x"), "tcp://h:80");
    CHECK_STR_EQ(address("http://h:8080/x:y"), "tcp://h:8080");
    CHECK_STR_EQ(address("http://[::1]/"), "tcp://[::1]:80");
    CHECK_STR_EQ(address("http://[::1]:81/"), "tcp://[::1]:81");
}

TEST(a_site_is_a_host_and_a_port)
{
    struct url a, b;
    CHECK_OK(url_parse("http://h:81/x", &a));
    CHECK_OK(url_parse("http://H:81/y", &b));
    CHECK(url_same_site(&a, &b));
    CHECK_OK(url_parse("http://h:82/x", &b));
    CHECK(!url_same_site(&a, &b));
    CHECK_OK(url_parse("http://h:8/1/x", &b));
    CHECK(!url_same_site(&a, &b));
}

/* ---- links ----------------------------------------------------------- */

static char found[1000];

static int keep_link(void *stop, const char *link, size_t n)
{
    snprintf(found + strlen(found), sizeof found - strlen(found), "(%.*s)",
             (int)n, link);
    return stop ? -EINTR : 0;
}

static const char *links(const char *html)
{
    /* Exactly as large as it is, so that ASan sees who reads beyond. */
    size_t size = strlen(html);
    char *copy = size ? malloc(size) : NULL;
    if (copy)
        memcpy(copy, html, size);
    found[0] = '\0';
    CHECK_OK(links_each(copy, size, keep_link, NULL));
    free(copy);
    return found;
}

TEST(links_are_found_quoted_or_not)
{
    CHECK_STR_EQ(links("<a href=\"a b\"><A HREF='c'><a href=d><a href = e f>"),
                 "(a b)(c)(d)(e)");
    CHECK_STR_EQ(links("<a\nhref=\"\"><a href=>"), "()()");
    CHECK_STR_EQ(links("<a href=\"?a=1&amp;b=2&AMP;c&lt;\">"),
                 "(?a=1&b=2&c&lt;)");
}

TEST(what_only_looks_like_a_link_is_none)
{
    CHECK_STR_EQ(links("<a data-href=x xhref=y hrefs=z href>href</a>"), "");
    CHECK_STR_EQ(links(""), "");
}

TEST(html_may_end_anywhere)
{
    static const char html[] = "<a href = 'a&amp;b'> <a href=c>";
    for (size_t n = 0; n <= strlen(html); n++) {
        char part[sizeof html];
        snprintf(part, sizeof part, "%.*s", (int)n, html);
        links(part);
    }
    CHECK_STR_EQ(links("<a href='cut"), "(cut)");
    CHECK_STR_EQ(links("<a href="), "()");
}

TEST(whoever_is_told_of_links_may_stop)
{
    char html[] = " href=a href=b";
    found[0] = '\0';
    CHECK_ERR(links_each(html, strlen(html), keep_link, html), -EINTR);
    CHECK_STR_EQ(found, "(a)");
}

SUITE("url")
