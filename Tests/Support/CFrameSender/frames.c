#define _GNU_SOURCE
#include "CFrameSender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { batch = 64, header = 42 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void store16(uint8_t *p, uint16_t value) {
    p[0] = (uint8_t)(value >> 8);
    p[1] = (uint8_t)value;
}

int64_t remora_send_frames(const char *interface, int length, double rate, int64_t count, double seconds, int flows) {
    static uint8_t frames[batch][65600];
    if (length < header + 8 || length > 65000) return -EINVAL;
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int one = 1, buffer = 8 << 20;
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof buffer);
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex(interface)};
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        int error = errno;
        close(fd);
        return -error;
    }
    struct iovec parts[batch];
    struct mmsghdr messages[batch];
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < batch; i++) {
        uint8_t *frame = frames[i], *ip = frame + 14, *udp = frame + 34;
        memset(frame, 2, 6);
        memset(frame + 6, 4, 6);
        store16(frame + 12, 0x0800);
        ip[0] = 0x45;
        store16(ip + 2, (uint16_t)(length - 14));
        ip[8] = 64;
        ip[9] = 17;
        memcpy(ip + 12, (uint8_t[]){10, 99, 0, 0, 10, 100, 0, 1}, 8);
        store16(udp + 2, 9999);
        store16(udp + 4, (uint16_t)(length - 34));
        parts[i] = (struct iovec){frame, (size_t)length};
        messages[i].msg_hdr.msg_iov = &parts[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    int64_t sent = 0;
    double start = now();
    while (sent < count) {
        double elapsed = now() - start;
        if (elapsed > seconds) break;
        if (rate > 0 && (double)sent > rate * elapsed) continue;
        int n = count - sent < batch ? (int)(count - sent) : batch;
        for (int i = 0; i < n; i++) {
            uint64_t number = (uint64_t)(sent + i);
            uint32_t flow = (uint32_t)(number % (uint64_t)flows);
            store16(frames[i] + 28, (uint16_t)flow);
            store16(frames[i] + 34, (uint16_t)(1024 + flow % 60000));
            memcpy(frames[i] + header, &number, 8);
        }
        int done = sendmmsg(fd, messages, (unsigned)n, 0);
        if (done > 0) {
            sent += done;
        } else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR) {
            int error = errno;
            close(fd);
            return sent > 0 ? sent : -error;
        }
    }
    close(fd);
    return sent;
}
