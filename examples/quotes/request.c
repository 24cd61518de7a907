/* SPDX-License-Identifier: MIT
 *
 * request.c - finding where a request ends, and what is wrong with one.
 *
 * By llhttp, the parser of Node.  It is given what has come, borrowed from the
 * stream, and what stands behind the request goes back there.  Bodies are not
 * read: nothing here takes any.
 */
#if QUOTES_HTTP
#include "request.h"

#include <string.h>
#include <strings.h>

static const cede_time patience = 10 * CEDE_SEC;

/* ---- what the parser finds ------------------------------------------- */

static void append(char *text, size_t room, const char *more, size_t n)
{
    size_t size = strlen(text);
    size_t fits = room - size < n ? room - size : n;
    memcpy(text + size, more, fits);
    text[size + fits] = '\0';
}

static int on_path(llhttp_t *parser, const char *at, size_t n)
{
    append(((struct request *)parser)->path, PATH, at, n);
    return 0;
}

static int on_header(llhttp_t *parser, const char *at, size_t n)
{
    append(((struct request *)parser)->header, HEADER, at, n);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t n)
{
    struct request *r = (struct request *)parser;
    if (strcasecmp(r->header, "Last-Event-ID") == 0)
        append(r->last_event, VALUE, at, n);
    return 0;
}

static int on_value_end(llhttp_t *parser)
{
    ((struct request *)parser)->header[0] = '\0';
    return 0;
}

static int on_head(llhttp_t *parser)
{
    struct request *r = (struct request *)parser;
    r->body = parser->flags & (F_CHUNKED | F_TRANSFER_ENCODING) ||
              parser->content_length > 0;
    return 1; /* whatever follows is not read as a body */
}

static int on_complete(llhttp_t *parser)
{
    (void)parser;
    return HPE_PAUSED;
}

/* ---- reading --------------------------------------------------------- */

/* Until there is all of it. */
static int read_all(void *request)
{
    struct request *r = request;
    const void *data;
    int n;
    while ((n = cede_peek(r->peer, &data)) > 0) {
        llhttp_errno_t error = llhttp_execute(&r->parser, data, (size_t)n);
        size_t used = (size_t)n;
        if (error != HPE_OK && error != HPE_PAUSED)
            return 400;
        if (error == HPE_PAUSED)
            used =
                (size_t)(llhttp_get_error_pos(&r->parser) - (const char *)data);
        cede_stream_keep(r->peer, (size_t)n - used);
        r->seen += used;
        if (r->seen > HEAD)
            return 431;
        if (error == HPE_PAUSED)
            return 200;
    }
    return n;
}

int request_read(struct request *r, cede_stream *peer)
{
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = on_path;
    settings.on_header_field = on_header;
    settings.on_header_value = on_value;
    settings.on_header_value_complete = on_value_end;
    settings.on_headers_complete = on_head;
    settings.on_message_complete = on_complete;

    *r = (struct request){.peer = peer};
    llhttp_init(&r->parser, HTTP_REQUEST, &settings);
    return cede_within(patience, read_all, r);
}

#endif
