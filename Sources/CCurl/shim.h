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
typedef int (*remora_curl_open_callback)(void *context, curl_socket_t socket, curlsocktype purpose);
typedef int (*remora_curl_close_callback)(void *context, curl_socket_t socket);
static inline CURLcode remora_curl_set_socket_callbacks(
    CURL *easy, remora_curl_open_callback opened, remora_curl_close_callback close, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, opened);
    if (!code) code = curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, context);
    if (!code) code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close);
    if (!code) code = curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, context);
    return code;
}
/* Makes the socket for a connection, or returns CURL_SOCKET_BAD. */
typedef curl_socket_t (*remora_curl_socket_callback)(
    void *context, curlsocktype purpose, struct curl_sockaddr *address);
static inline CURLcode remora_curl_set_socket_maker(CURL *easy, remora_curl_socket_callback make, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, make);
    return code ? code : curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
}
typedef int (*remora_curl_seek_callback)(void *context, curl_off_t offset, int origin);
static inline CURLcode remora_curl_set_seek_callback(CURL *easy, remora_curl_seek_callback seek, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek);
    return code ? code : curl_easy_setopt(easy, CURLOPT_SEEKDATA, context);
}
/* The certificates of the server as lists of "name:value", the first list for its own; null if there are none. */
static inline struct curl_certinfo *remora_curl_get_certificates(CURL *easy) {
    struct curl_certinfo *chain = NULL;
    return curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) == CURLE_OK ? chain : NULL;
}
static inline CURLcode remora_curl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLcode remora_curl_get_string(CURL *easy, CURLINFO info, const char **value) {
    return curl_easy_getinfo(easy, info, value);
}
static inline CURLMcode remora_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}
