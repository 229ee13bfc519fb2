#pragma once
#include <curl/curl.h>

/* libcurl's setters take their value through `...`, which Swift cannot call: one typed wrapper for each kind of value. */

static inline CURLcode remora_curl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode remora_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode remora_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}
static inline CURLcode remora_curl_set_pointer(CURL *easy, CURLoption option, void *value) {
    return curl_easy_setopt(easy, option, value);
}
/* libcurl keeps a copy of the bytes. */
static inline CURLcode remora_curl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}
typedef size_t (*remora_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);
static inline CURLcode remora_curl_set_data_callback(
    CURL *easy, CURLoption function, CURLoption data, remora_curl_data_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(easy, function, callback);
    return code ? code : curl_easy_setopt(easy, data, context);
}
static inline CURLcode remora_curl_set_socket_callback(
    CURL *easy, int (*callback)(void *context, curl_socket_t socket, curlsocktype purpose)) {
    return curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, callback);
}
static inline CURLcode remora_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode remora_curl_get_socket(CURL *easy, curl_socket_t *value) {
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, value);
}
static inline CURLMcode remora_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
