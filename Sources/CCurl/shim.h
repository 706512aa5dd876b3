// libcurl's easy interface, and its variadic functions with the types that Tusk uses. Manual: curl_easy_setopt(3).
#pragma once
#include <curl/curl.h>
#include <stdbool.h>

static inline CURLcode tusk_curl_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

static inline CURLcode tusk_curl_set_long(CURL *curl, CURLoption option, long value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tusk_curl_set_offset(CURL *curl, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tusk_curl_set_text(CURL *curl, CURLoption option, const char *value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tusk_curl_set_pointer(CURL *curl, CURLoption option, void *value) {
    return curl_easy_setopt(curl, option, value);
}

// Unless they are copied, the bytes have to stay until the session is done with them.
static inline CURLcode tusk_curl_set_blob(CURL *curl, CURLoption option, const void *bytes, size_t count, bool copied) {
    unsigned int flags = copied ? CURL_BLOB_COPY : CURL_BLOB_NOCOPY;
    struct curl_blob blob = {.data = (void *)bytes, .len = count, .flags = flags};
    return curl_easy_setopt(curl, option, &blob);
}

// The file with the certificates that are trusted unless told otherwise; 0: none.
static inline const char *tusk_curl_ca_file(CURL *curl) {
    char *path = 0;
    return curl_easy_getinfo(curl, CURLINFO_CAINFO, &path) == CURLE_OK ? path : 0;
}

typedef size_t (*tusk_curl_writer)(char *, size_t, size_t, void *);

static inline CURLcode tusk_curl_set_writer(CURL *curl, CURLoption option, tusk_curl_writer value) {
    return curl_easy_setopt(curl, option, value);
}

static inline CURLcode tusk_curl_set_opener(CURL *curl, curl_opensocket_callback value) {
    return curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, value);
}

static inline CURLcode tusk_curl_set_progress(CURL *curl, curl_xferinfo_callback value) {
    return curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, value);
}

static inline CURLcode tusk_curl_status(CURL *curl, long *status) {
    return curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
}
