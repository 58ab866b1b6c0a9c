/* A crowd of readers of one live stream, and when each of them had an event.

   crowd PORT PATH READERS NETWORK TLS

   Connects READERS times from addresses 127.NETWORK.x.y, sends one request on each connection and waits for
   its answer. Then, told on standard input:
     arm           read what has come, so that the next event finds every socket empty
     read MIN      read what has come since; a reader has the event when it has at least MIN bytes of it
     back LEAST    the server stops: wait for the end of every connection, come back as long after it as the
                   server's last "retry:" said (at least LEAST ms), until all are held again
     quit
   Each answers with one line of JSON.

   The time of a reader is the kernel's (SO_TIMESTAMPNS): when the last bytes were put into its socket. This
   program sleeps while the server writes, as readers on other machines would, so that its own work is not in
   the figures. With TLS only the handshake and the request are done properly; what comes later is counted and
   thrown away without being opened. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef WITH_TLS
#include <openssl/ssl.h>
#endif

enum { IDLE, CONNECTING, SHAKING, ASKED, HELD, GONE };

typedef struct {
    int fd, state;
    long long got, when, due;
    long retry;
    int rank, before;
#ifdef WITH_TLS
    SSL *ssl;
#endif
} Reader;

#define AT_ONCE 128
#define NS 1000000000LL

static Reader *readers;
static int count, port, network, tls, poller, held, flying;
static char request[512], buffer[1 << 17];
#ifdef WITH_TLS
static SSL_CTX *context;
#endif

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static void watch(Reader *one, unsigned events) {
    struct epoll_event what = {.events = events, .data.ptr = one};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, one->fd, &what)) epoll_ctl(poller, EPOLL_CTL_ADD, one->fd, &what);
}

static void drop(Reader *one) {
    if (one->state == HELD) held--;
    else if (one->state > IDLE && one->state < HELD) flying--;
#ifdef WITH_TLS
    if (one->ssl) SSL_free(one->ssl);
    one->ssl = NULL;
#endif
    if (one->fd >= 0) close(one->fd);
    one->fd = -1;
    one->state = GONE;
}

/* Bytes read now, 0 at the end of the connection, -1 when there is nothing; notes the kernel's time. */
static ssize_t take(Reader *one) {
    char control[256];
    struct iovec into = {buffer, sizeof buffer - 1};
    struct msghdr message = {.msg_iov = &into, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(one->fd, &message, MSG_DONTWAIT);
    if (got < 0 && errno != EAGAIN && errno != EINTR) return 0;
    if (got <= 0) return got;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            one->when = t.tv_sec * NS + t.tv_nsec;
        }
    one->got += got;
    buffer[got] = 0;
    if (!tls) {
        char *told = strstr(buffer, "retry: ");
        if (told) one->retry = atol(told + 7);
    }
    return got;
}

static void dial(Reader *one) {
    int on = 1, index = (int)(one - readers);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    from.sin_addr.s_addr = htonl(0x7f000000u | (unsigned)network << 16 | (unsigned)(index % 8) << 8 | 1);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    one->state = IDLE;
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (one->fd < 0) {
        one->state = GONE;
        return;
    }
    setsockopt(one->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(one->fd, (struct sockaddr *)&from, sizeof from) ||
        (connect(one->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)) {
        drop(one);
        return;
    }
    one->state = CONNECTING;
    flying++;
    watch(one, EPOLLOUT);
}

static void ask(Reader *one) {
    ssize_t size = (ssize_t)strlen(request), sent;
#ifdef WITH_TLS
    sent = tls ? SSL_write(one->ssl, request, (int)size) : write(one->fd, request, (size_t)size);
#else
    sent = write(one->fd, request, (size_t)size);
#endif
    if (sent != size) {
        drop(one);
        return;
    }
    one->state = ASKED;
    watch(one, EPOLLIN);
}

static void advance(Reader *one) {
    if (one->state == CONNECTING) {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(one->fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error) {
            drop(one);
            return;
        }
        if (!tls) {
            ask(one);
            return;
        }
#ifdef WITH_TLS
        one->ssl = SSL_new(context);
        SSL_set_fd(one->ssl, one->fd);
        one->state = SHAKING;
    }
    if (one->state == SHAKING) {
        int done = SSL_connect(one->ssl);
        if (done == 1) {
            ask(one);
            return;
        }
        int why = SSL_get_error(one->ssl, done);
        if (why == SSL_ERROR_WANT_READ) watch(one, EPOLLIN);
        else if (why == SSL_ERROR_WANT_WRITE) watch(one, EPOLLOUT);
        else drop(one);
        return;
#endif
    }
    if (one->state != ASKED) return;
    int got, on = 1;
#ifdef WITH_TLS
    if (tls) {
        got = SSL_read(one->ssl, buffer, sizeof buffer - 1);
        if (got <= 0 && SSL_get_error(one->ssl, got) == SSL_ERROR_WANT_READ) return;
        if (got > 0) buffer[got] = 0;
    } else
#endif
        got = (int)take(one);
    if (got < 0) return;
    if (got == 0 || !strstr(buffer, " 200 ")) {
        drop(one);
        return;
    }
    setsockopt(one->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    one->state = HELD;
    held++;
    flying--;
    epoll_ctl(poller, EPOLL_CTL_DEL, one->fd, NULL);
}

/* Let events of connections happen for so many milliseconds at most. */
static void turn(int milliseconds) {
    struct epoll_event seen[512];
    int n = epoll_wait(poller, seen, 512, milliseconds);
    for (int i = 0; i < n; i++) advance(seen[i].data.ptr);
}

static void gather(void) {
    long long begun = now();
    int next = 0;
    while ((next < count || flying) && now() - begun < 180 * NS) {
        while (next < count && flying < AT_ONCE) dial(&readers[next++]);
        turn(1000);
    }
    printf("{\"held\": %d, \"seconds\": %.3f}\n", held, (double)(now() - begun) / NS);
}

static void arm(void) {
    for (int i = 0; i < count; i++) {
        Reader *one = &readers[i];
        ssize_t got = -1;
        while (one->state == HELD && (got = take(one)) > 0) {}
        if (one->state == HELD && got == 0) drop(one);
        one->got = one->when = 0;
    }
    printf("{\"held\": %d}\n", held);
}

static int by_time(const void *a, const void *b) {
    const Reader *x = *(Reader *const *)a, *y = *(Reader *const *)b;
    return x->when < y->when ? -1 : x->when > y->when;
}

/* How alike two orders of the same readers are: 1 the same, 0 unrelated, -1 turned round. */
static double likeness(Reader **sorted, int n, int with_age) {
    double mean = (n - 1) / 2.0, product = 0, own = 0, other = 0, middle = 0;
    for (int i = 0; i < n; i++) middle += with_age ? (double)(sorted[i] - readers) : sorted[i]->before;
    middle /= n ? n : 1;
    for (int i = 0; i < n; i++) {
        double a = sorted[i]->rank - mean, b = (with_age ? (double)(sorted[i] - readers) : sorted[i]->before) - middle;
        product += a * b, own += a * a, other += b * b;
    }
    return own > 0 && other > 0 ? product / sqrt(own * other) : 0;
}

static void tell(long long least) {
    long long deadline = now() + 20 * NS;
    int have = 0;
    for (;;) {
        have = 0;
        for (int i = 0; i < count; i++) {
            Reader *one = &readers[i];
            ssize_t got = -1;
            while (one->state == HELD && (got = take(one)) > 0) {}
            if (one->state == HELD && got == 0) drop(one);
            have += one->state == HELD && one->got >= least;
        }
        if (have >= held || now() > deadline) break;
        usleep(50000);
    }
    Reader **sorted = malloc(sizeof *sorted * (size_t)(count + 1));
    long long low = 0, high = 0;
    int n = 0;
    for (int i = 0; i < count; i++)
        if (readers[i].state == HELD && readers[i].got >= least) {
            sorted[n++] = &readers[i];
            if (!low || readers[i].got < low) low = readers[i].got;
            if (readers[i].got > high) high = readers[i].got;
        }
    qsort(sorted, (size_t)n, sizeof *sorted, by_time);
    for (int i = 0; i < n; i++) sorted[i]->rank = i;
    printf("{\"held\": %d, \"got\": %d, \"least_bytes\": %lld, \"most_bytes\": %lld", held, n, low, high);
    if (n)
        printf(", \"first\": %lld, \"p50\": %lld, \"p99\": %lld, \"last\": %lld", sorted[0]->when, sorted[n / 2]->when,
               sorted[(int)(n * 0.99)]->when, sorted[n - 1]->when);
    printf(", \"like_age\": %.4f, \"like_before\": %.4f}\n", likeness(sorted, n, 1), likeness(sorted, n, 0));
    for (int i = 0; i < n; i++) sorted[i]->before = sorted[i]->rank;
    free(sorted);
}

static void come_back(long least) {
    long long begun = now(), half = 0, out = 0, first = 0;
    int away = 0, all = held;
    for (int i = 0; i < count; i++)
        if (readers[i].state == HELD) watch(&readers[i], EPOLLIN | EPOLLRDHUP);
    while (now() - begun < 120 * NS) {
        struct epoll_event seen[512];
        int n = epoll_wait(poller, seen, 512, 20);
        for (int i = 0; i < n; i++) {
            Reader *one = seen[i].data.ptr;
            if (one->state != HELD) {
                advance(one);
                if (one->state == GONE) one->due = now() + 500000000LL;
                if (one->state == HELD && !first) first = now();
                continue;
            }
            ssize_t got;
            while ((got = take(one)) > 0) {}
            if (got == 0) {
                drop(one);
                away++;
                out = now();
                one->due = out + (one->retry > least ? one->retry : least) * 1000000LL;
            }
        }
        for (int i = 0; i < count; i++)
            if (readers[i].state == GONE && readers[i].due && readers[i].due <= now() && flying < 4 * AT_ONCE) {
                dial(&readers[i]);
                if (readers[i].state == GONE) readers[i].due = now() + 500000000LL;
            }
        if (away == all && !half && held >= all / 2) half = now();
        if (away == all && held >= all) break;
    }
    printf("{\"held\": %d, \"away\": %d, \"all_out\": %.3f, \"first_back\": %.3f, \"half_back\": %.3f, \"all_back\": %.3f}\n",
           held, away, (double)(out - begun) / NS, (double)(first - begun) / NS, (double)(half - begun) / NS,
           (double)(now() - begun) / NS);
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    port = atoi(argv[1]);
    count = atoi(argv[3]);
    network = atoi(argv[4]);
    tls = atoi(argv[5]);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n", argv[2]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setvbuf(stdout, NULL, _IOLBF, 0);
#ifdef WITH_TLS
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
#else
    if (tls) return 3;
#endif
    readers = calloc((size_t)count, sizeof *readers);
    for (int i = 0; i < count; i++) readers[i].fd = -1;
    poller = epoll_create1(0);
    gather();
    char line[128];
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "arm", 3)) arm();
        else if (!strncmp(line, "read ", 5)) tell(atoll(line + 5));
        else if (!strncmp(line, "back ", 5)) come_back(atol(line + 5));
        else break;
    }
    return 0;
}
