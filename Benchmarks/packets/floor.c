// The floor: libpcap's own loop over a file, counting packets and bytes and nothing else. Prints both.
#include <pcap/pcap.h>
#include <stdio.h>

struct totals {
    unsigned long long packets, bytes;
};

static void count(unsigned char *user, const struct pcap_pkthdr *header, const unsigned char *bytes) {
    (void)bytes;
    struct totals *totals = (struct totals *)user;
    totals->packets++;
    totals->bytes += header->len;
}

int main(int argc, char **argv) {
    char problem[PCAP_ERRBUF_SIZE];
    if (argc != 2) return 2;
    pcap_t *file = pcap_open_offline(argv[1], problem);
    if (file == NULL) {
        fprintf(stderr, "%s\n", problem);
        return 1;
    }
    struct totals totals = {0, 0};
    pcap_loop(file, 0, count, (unsigned char *)&totals);
    printf("%llu packets, %llu bytes\n", totals.packets, totals.bytes);
    pcap_close(file);
    return 0;
}
