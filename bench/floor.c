/* The floor under the live stream: an epoll loop that keeps sockets and writes one event to each, and no more.
   floor PORT SIZE; '!' on standard input fires an event, '?' asks how many readers there are. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static int readers[100000], count;
static const char HEAD[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hi\n\n";

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    size_t size = (size_t)atoi(argv[2]);
    char *event = malloc(size);
    memset(event, 'x', size);
    memcpy(event, "data: ", 6);
    memcpy(event + size - 2, "\n\n", 2);
    int server = socket(AF_INET, SOCK_STREAM, 0), one = 1, poll = epoll_create1(0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[1]))};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&place, sizeof place) || listen(server, 4096)) return 1;
    struct epoll_event watch = {.events = EPOLLIN, .data.fd = server}, seen[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, server, &watch);
    watch.data.fd = 0;
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &watch);
    puts("ready");
    fflush(stdout);
    for (;;) {
        int n = epoll_wait(poll, seen, 256, -1);
        for (int i = 0; i < n; i++) {
            int fd = seen[i].data.fd;
            char buffer[4096];
            if (fd == server) {
                int reader = accept4(server, NULL, NULL, SOCK_NONBLOCK);
                if (reader < 0) continue;
                watch.data.fd = reader;
                epoll_ctl(poll, EPOLL_CTL_ADD, reader, &watch);
                continue;
            }
            ssize_t got = read(fd, buffer, sizeof buffer);
            if (fd == 0) {
                if (got <= 0) return 0;
                for (ssize_t k = 0; k < got; k++) {
                    if (buffer[k] == '!') {
                        for (int r = 0; r < count; r++)
                            if (write(readers[r], event, size) < 0 && errno != EAGAIN) continue;
                    } else {
                        printf("%d\n", count);
                        fflush(stdout);
                    }
                }
            } else if (got > 0 && count < 100000) {
                if (write(fd, HEAD, sizeof HEAD - 1) > 0) readers[count++] = fd;
            } else if (got <= 0) {
                epoll_ctl(poll, EPOLL_CTL_DEL, fd, NULL);
                close(fd);
            }
        }
    }
}
