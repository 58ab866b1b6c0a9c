/* The floor under the live stream: an epoll loop that keeps sockets and writes one event to each, and no more.

   loop PORT; GET is held, POST is written to all who are held as "data: <body>". */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char HEAD[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hi\n\n";
static const char DONE[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
static int readers[100000], count;
static char buffer[1 << 17], event[1 << 17];

static void broadcast(int fd, ssize_t got) {
    char *body = strstr(buffer, "\r\n\r\n"), *field = strcasestr(buffer, "content-length:");
    if (!body || !field) return;
    body += 4;
    long size = atol(field + 15);
    while (buffer + got - body < size) {
        ssize_t more = read(fd, buffer + got, sizeof buffer - 1 - (size_t)got);
        if (more > 0) got += more;
        else if (more == 0 || errno != EAGAIN) return;
    }
    int length = snprintf(event, sizeof event, "data: %.*s\n\n", (int)size, body);
    for (int i = 0; i < count; i++)
        if (write(readers[i], event, (size_t)length) < 0) continue;
    if (write(fd, DONE, sizeof DONE - 1) < 0) return;
}

static void forget(int fd) {
    for (int i = 0; i < count; i++)
        if (readers[i] == fd) {
            readers[i] = readers[--count];
            break;
        }
    close(fd);
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    int server = socket(AF_INET, SOCK_STREAM, 0), on = 1, poller = epoll_create1(0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&place, sizeof place) || listen(server, 4096)) return 1;
    struct epoll_event watch = {.events = EPOLLIN, .data.fd = server}, seen[256];
    epoll_ctl(poller, EPOLL_CTL_ADD, server, &watch);
    for (;;) {
        int n = epoll_wait(poller, seen, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = seen[i].data.fd;
            if (fd == server) {
                int reader = accept4(server, NULL, NULL, SOCK_NONBLOCK);
                if (reader < 0) continue;
                watch.data.fd = reader;
                epoll_ctl(poller, EPOLL_CTL_ADD, reader, &watch);
                continue;
            }
            ssize_t got = read(fd, buffer, sizeof buffer - 1);
            if (got <= 0) {
                forget(fd);
                continue;
            }
            buffer[got] = 0;
            if (buffer[0] == 'P') broadcast(fd, got);
            else if (count < 100000 && write(fd, HEAD, sizeof HEAD - 1) > 0) readers[count++] = fd;
        }
    }
}
