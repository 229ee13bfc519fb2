// The floor: libpcap's own loop over an interface, counting packets and nothing else, until SIGTERM; then prints how many
// came and how many the kernel dropped.
//
//   loop INTERFACE BUFFER-MB
#include <pcap/pcap.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t stopping;

static void stop(int number) {
    (void)number;
    stopping = 1;
}

static void count(unsigned char *user, const struct pcap_pkthdr *header, const unsigned char *bytes) {
    (void)header;
    (void)bytes;
    ++*(unsigned long long *)user;
}

int main(int argc, char **argv) {
    char problem[PCAP_ERRBUF_SIZE];
    if (argc != 3) return 2;
    signal(SIGTERM, stop);
    pcap_t *live = pcap_create(argv[1], problem);
    if (live == NULL) return 1;
    pcap_set_snaplen(live, 262144);
    pcap_set_timeout(live, 10);
    pcap_set_buffer_size(live, atoi(argv[2]) << 20);
    if (pcap_activate(live) < 0 || pcap_setnonblock(live, 1, problem) < 0) {
        fprintf(stderr, "%s\n", pcap_geterr(live));
        return 1;
    }
    puts("ready");
    fflush(stdout);
    unsigned long long packets = 0;
    struct pollfd descriptor = {pcap_get_selectable_fd(live), POLLIN, 0};
    // What was sent before the signal is still in the buffer then.
    for (int rests = 0; rests < 3;) {
        int got = pcap_dispatch(live, -1, count, (unsigned char *)&packets);
        if (got < 0) return 1;
        if (got == 0) {
            poll(&descriptor, 1, 50);
            if (stopping) rests++;
        }
    }
    struct pcap_stat statistics;
    pcap_stats(live, &statistics);
    printf("%llu %u\n", packets, statistics.ps_drop);
    pcap_close(live);
    return 0;
}
