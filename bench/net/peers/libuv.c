/* SPDX-License-Identifier: MIT
 *
 * libuv.c - an echo server on libuv: one buffer that all reads go to, and
 * uv_try_write first, as its users do who want it fast.
 */
#include "../listen.h"

#include <string.h>
#include <uv.h>

struct late_write {
    uv_write_t request;
    char data[];
};

static char buffer[LISTEN_READ];

static void lend(uv_handle_t *peer, size_t wanted, uv_buf_t *buf)
{
    (void)peer;
    (void)wanted;
    *buf = uv_buf_init(buffer, sizeof(buffer));
}

static void closed(uv_handle_t *peer)
{
    free(peer);
}

static void written(uv_write_t *request, int status)
{
    (void)status;
    free(request);
}

static void write_late(uv_stream_t *peer, const char *data, size_t n)
{
    struct late_write *write = malloc(sizeof(*write) + n);
    listen_require(write != NULL, "no memory");
    memcpy(write->data, data, n);
    uv_buf_t buf = uv_buf_init(write->data, (unsigned)n);
    uv_write(&write->request, peer, &buf, 1, written);
}

static void came(uv_stream_t *peer, ssize_t n, const uv_buf_t *buf)
{
    if (n < 0)
        return uv_close((uv_handle_t *)peer, closed);
    if (n == 0)
        return;
    uv_buf_t back = uv_buf_init(buf->base, (unsigned)n);
    int sent = uv_try_write(peer, &back, 1);
    if (sent < 0)
        sent = 0;
    if (sent < n)
        write_late(peer, buf->base + sent, (size_t)(n - sent));
}

static void connected(uv_stream_t *listener, int status)
{
    uv_tcp_t *peer = malloc(sizeof(*peer));
    listen_require(status == 0 && peer != NULL, "cannot accept");
    uv_tcp_init(listener->loop, peer);
    if (uv_accept(listener, (uv_stream_t *)peer) != 0)
        return uv_close((uv_handle_t *)peer, closed);
    uv_tcp_nodelay(peer, 1);
    uv_read_start((uv_stream_t *)peer, lend, came);
}

int main(void)
{
    uv_tcp_t listener;
    uv_loop_t *loop = uv_default_loop();
    uv_tcp_init(loop, &listener);
    uv_tcp_open(&listener, listen_open(SOCK_STREAM | SOCK_NONBLOCK));
    uv_listen((uv_stream_t *)&listener, LISTEN_BACKLOG, connected);
    return uv_run(loop, UV_RUN_DEFAULT);
}
