/*
 * json_peek.h - reads valid JSON, such as the library's results.
 *
 * A value is a pointer to its first character. Every function takes NULL for a value that is not
 * there, so that look-ups can be chained: json_member(json_member(error, "errors"), "username").
 */
#ifndef JSON_PEEK_H
#define JSON_PEEK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline const char *json_space(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* The position after the value. */
static inline const char *json_end(const char *value)
{
    const char *at = value;
    int depth = 0;
    do {
        at = json_space(at);
        if (*at == '"') {
            for (at++; *at && *at != '"'; at++)
                if (*at == '\\' && at[1])
                    at++;
            at += *at == '"';
        } else if (*at && strchr("{[", *at)) {
            depth++, at++;
        } else if (*at && strchr("}]", *at)) {
            depth--, at++;
        } else if (*at && strchr(",:", *at)) {
            at++;
        } else {
            at += strcspn(at, ",:{}[]\" \t\r\n");
        }
    } while (depth > 0 && *at);
    return at;
}

/* An array's first element or an object's first name; NULL if it is empty. */
static inline const char *json_first(const char *value)
{
    if (!value || !strchr("{[", *value))
        return NULL;
    value = json_space(value + 1);
    return strchr("}]", *value) ? NULL : value;
}

/* The next element, or an object's next value; NULL after the last. */
static inline const char *json_next(const char *value)
{
    const char *at = json_space(json_end(value));
    return *at == ',' ? json_space(at + 1) : NULL;
}

/* The value of a name in an object. */
static inline const char *json_value_of(const char *name)
{
    return json_space(json_space(json_end(name)) + 1);
}

static inline unsigned long json_hex4(const char *at)
{
    char digits[5] = "";
    memcpy(digits, at, 4);
    return strtoul(digits, NULL, 16);
}

/* A string's text, to be freed; NULL if the value is not a string. */
static inline char *json_text(const char *value)
{
    if (!value || *value != '"')
        return NULL;
    /* No escape is shorter than its character. */
    char *text = malloc((size_t)(json_end(value) - value)), *to = text;
    for (const char *at = value + 1; text && *at != '"'; at++) {
        static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
        if (*at != '\\') {
            *to++ = *at;
        } else if (*++at != 'u') {
            *to++ = meanings[strchr(escapes, *at) - escapes];
        } else {
            unsigned long point = json_hex4(at + 1);
            at += 4;
            if (point >= 0xd800 && point < 0xdc00) {
                point = 0x10000 + ((point - 0xd800) << 10) + (json_hex4(at + 3) - 0xdc00);
                at += 6;
            }
            if (point >= 0x10000) {
                *to++ = (char)(0xf0 | point >> 18);
                *to++ = (char)(0x80 | (point >> 12 & 0x3f));
            } else if (point >= 0x800) {
                *to++ = (char)(0xe0 | point >> 12);
            }
            if (point >= 0x800)
                *to++ = (char)(0x80 | (point >> 6 & 0x3f));
            else if (point >= 0x80)
                *to++ = (char)(0xc0 | point >> 6);
            *to++ = (char)(point >= 0x80 ? 0x80 | (point & 0x3f) : point);
        }
    }
    if (text)
        *to = '\0';
    return text;
}

static inline int json_is_text(const char *value, const char *expected)
{
    char *text = json_text(value);
    int same = text && strcmp(text, expected) == 0;
    free(text);
    return same;
}

/* An object's member; NULL if there is none. */
static inline const char *json_member(const char *object, const char *name)
{
    const char *key = object && *object == '{' ? json_first(object) : NULL;
    while (key && !json_is_text(key, name))
        key = json_next(json_value_of(key));
    return key ? json_value_of(key) : NULL;
}

static inline int json_is_null(const char *value)
{
    return !value || strncmp(value, "null", 4) == 0;
}

/* Whether two values are equal. The order of an object's members does not matter. */
static inline int json_same(const char *a, const char *b)
{
    const char *p, *q;
    if (!a || !b)
        return json_is_null(a) && json_is_null(b);
    if (*a != *b)
        return 0;
    if (*a == '"') {
        char *text = json_text(a);
        int same = text && json_is_text(b, text);
        free(text);
        return same;
    }
    if (*a != '{' && *a != '[') {
        size_t length = (size_t)(json_end(a) - a);
        return length == (size_t)(json_end(b) - b) && memcmp(a, b, length) == 0;
    }
    for (p = json_first(a), q = json_first(b); p && q;) {
        const char *left = p, *right = q;
        if (*a == '{') {
            char *name = json_text(p);
            right = name ? json_member(b, name) : NULL;
            free(name);
            left = json_value_of(p);
            q = json_value_of(q);
            if (!right)
                return 0;
        }
        if (!json_same(left, right))
            return 0;
        p = json_next(left);
        q = json_next(q);
    }
    return !p && !q;
}

#endif
