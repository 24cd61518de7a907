/* SPDX-License-Identifier: MIT
 *
 * url.h - http:// URLs, and the links of a page.
 *
 * Kept in one spelling, so that two of the same place are the same text: host
 * in lower case, no port 80, dots in the path resolved, no fragment, and what
 * does not belong into a URL as %XX.
 *
 * Refused: other schemes, user names, names in other letters than ASCII.
 */
#ifndef URL_H
#define URL_H

#include <cede.h>

enum { URL_SIZE = 2048 };

struct url {
    char text[URL_SIZE];
    size_t path; /* where in text it begins */
    size_t size;
};

/* Read text: 0 or, with a message, -EINVAL, -EPROTONOSUPPORT for another
 * scheme, -ENAMETOOLONG. */
int url_parse(const char *text, struct url *out);

/* The same of a link of n bytes in the page at base, which may be relative.
 * Source: RFC 3986, 5.2. */
int url_resolve(const struct url *base, const char *link, size_t n,
                struct url *out);

/* Whom to dial: "tcp://host:port". */
void url_address(const struct url *url, char out[URL_SIZE]);

/* The host, and the port if it has one: valid as long as url. */
int url_host(const struct url *url, const char **host);

/* Have they host and port in common? */
bool url_same_site(const struct url *a, const struct url *b);

/* Call fn with what each href="..." in the HTML says, whatever tag it is in
 * and even in comments, as browsers' preload scanners do; &amp; is decoded in
 * place.  0, or the first failure of fn. */
typedef int link_fn(void *arg, const char *link, size_t n);
int links_each(char *html, size_t size, link_fn *fn, void *arg);

#endif
