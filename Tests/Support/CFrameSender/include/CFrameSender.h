#ifndef REMORA_CFRAMESENDER_H
#define REMORA_CFRAMESENDER_H

#include <stdint.h>

/// Sends Ethernet frames with IPv4 and UDP (10.99.x.y → 10.100.0.1:9999), numbered from 0 in the payload's first eight
/// bytes, 64 at a time. `rate` is frames a second, 0 for as many as go; `count` frames at most.
/// Returns how many were sent, or minus an error number.
int64_t remora_send_frames(const char *interface, int length, double rate, int64_t count, double seconds, int flows);

#endif
