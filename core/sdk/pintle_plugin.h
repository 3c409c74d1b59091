/* What a plugin is: one constant, `pintle_plugin_v1`, that its library exports; and the tables of
 * functions that cross the border between it and its host.
 *
 * Only C crosses: plain structs, opaque handles, lengths with strings. Tables grow at their end,
 * and `size` says how much of one the other side knows. The C++ headers beside this one wrap all of
 * it; use those. Libraries are never closed: a plugin stops, its code stays mapped.
 *
 * Texts are borrowed for the call unless said otherwise. No exception crosses, either way. */

#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PINTLE_ABI 1u

typedef struct {
  const char* data; /* Not terminated. */
  uint64_t size;
} pintle_text;

typedef struct {
  uint32_t code; /* 0 is success; else an HTTP status that fits (404, 409, 500, ...). */
  pintle_text
      text; /* Why, for a person. Borrowed until the callee is next called on this thread. */
  pintle_text json; /* Borrowed alike. Empty, or the v1 Status that says more: causes, details. */
} pintle_status;

/* ---- pintle.object/1: the one immutable copy of an object, shared, read in place ----------------
 */

/* The program a plugin runs in. See the end of this file. */
typedef struct pintle_host pintle_host;

typedef struct pintle_object pintle_object; /* Reference-counted. */
typedef struct pintle_value pintle_value;   /* A node in an object's tree; lives as long as it. */

enum { /* pintle_value kinds */
       PINTLE_NULL = 0,
       PINTLE_BOOL = 1,
       PINTLE_INTEGER = 2, /* Fits int64. */
       PINTLE_NUMBER = 3,  /* Anything else numeric. */
       PINTLE_STRING = 4,
       PINTLE_ARRAY = 5,
       PINTLE_OBJECT = 6
};

typedef struct {
  uint32_t size;
  void (*retain)(const pintle_object* object);
  void (*release)(const pintle_object* object);
  uint64_t (*revision)(const pintle_object* object);
  pintle_text (*json)(const pintle_object* object);         /* Lives as long as the object. */
  const pintle_value* (*root)(const pintle_object* object); /* Parsed once, on first use. */
  uint32_t (*kind)(const pintle_value* value);
  const pintle_value* (*member)(const pintle_value* value, pintle_text key); /* NULL if none. */
  uint64_t (*count)(const pintle_value* value); /* Of an array's or object's members. */
  const pintle_value* (*at)(const pintle_value* value, uint64_t index);
  pintle_text (*key_at)(const pintle_value* value, uint64_t index);
  pintle_text (*text)(const pintle_value* value); /* "" if no string. */
  int64_t (*integer)(const pintle_value* value);  /* 0 if no integer. */
  double (*number)(const pintle_value* value);
  uint32_t (*boolean)(const pintle_value* value);
} pintle_object_table;

/* ---- pintle.client/1: requests, as the plugin's own identity ------------------------------------
 */

typedef struct {
  uint32_t size;
  pintle_text method;       /* "GET", "POST", "PUT", "PATCH", "DELETE". */
  pintle_text path;         /* "/api/v1/namespaces/default/pods?limit=5". */
  pintle_text content_type; /* Of the body; "" is application/json. */
  pintle_text body;
} pintle_request;

/* Called exactly once, on any thread, perhaps before `request` returns. `body` is the answer's JSON
 * (a Status where http_status >= 400), borrowed for the call. */
typedef void (*pintle_reply)(void* context, uint32_t http_status, pintle_text body);

typedef struct {
  uint32_t size;
  void (*request)(const pintle_host* host, const pintle_request* request, pintle_reply reply,
                  void* context);
  /* One object, without a copy: NULL if there is none or it may not be seen. The caller releases.
   */
  const pintle_object* (*get)(const pintle_host* host, pintle_text path);
} pintle_client_table;

/* ---- pintle.bus/1: all objects of a resource, then every change, in order
 * ------------------------ */

typedef struct pintle_subscription pintle_subscription;

enum {
  PINTLE_ADDED = 1,
  PINTLE_MODIFIED = 2,
  PINTLE_DELETED = 3,
  PINTLE_SYNCED = 4,  /* The list is complete; `object` is NULL. */
  PINTLE_RELISTED = 5 /* The log was lost: forget everything; ADDED for all, then SYNCED, follow. */
};

typedef struct {
  uint32_t type;
  const pintle_object* object;   /* Borrowed until the next call on this subscription: retain it. */
  const pintle_object* previous; /* NULL where not known. */
} pintle_event;

typedef struct {
  uint32_t size;
  /* `path` is a list's: "/api/v1/pods?fieldSelector=spec.nodeName%3D". Errors: 403, 404. */
  pintle_status (*subscribe)(const pintle_host* host, pintle_text path,
                             pintle_subscription** subscription);
  /* 1 with an event, 0 after `timeout_ms` without one, -1 once closed by the host or `wake`d. */
  int32_t (*next)(pintle_subscription* subscription, uint32_t timeout_ms, pintle_event* event);
  /* Makes a `next` under way, or the next one, return at once. From any thread. */
  void (*wake)(pintle_subscription* subscription);
  void (*close)(pintle_subscription* subscription); /* No `next` may be under way. */
  /* From here on calls `ready` when something came after a `next` that gave nothing: so that one
   * thread can follow many. From any thread, perhaps more often than needed; it must be quick and
   * must not call the subscription. Once, before the first `next`. */
  void (*on_ready)(pintle_subscription* subscription, void (*ready)(void* context), void* context);
} pintle_bus_table;

/* ---- pintle.log/1
 * -------------------------------------------------------------------------------- */

typedef struct {
  uint32_t size;
  void (*write)(const pintle_host* host, uint32_t level /* 0 debug .. 3 error */,
                pintle_text message);
} pintle_log_table;

/* ---- pintle.admission/1: offered by a plugin; asked on every write
 * ------------------------------- */

typedef struct {
  uint32_t size;
  pintle_text operation; /* "CREATE", "UPDATE", "DELETE", "CONNECT". */
  pintle_text group, version, resource, subresource, kind;
  pintle_text ns, name;
  pintle_text user;
  const pintle_text* groups;
  uint64_t group_count;
  uint32_t dry_run;
  const pintle_value* object;     /* NULL on DELETE. */
  const pintle_value* old_object; /* NULL on CREATE. */
  pintle_text user_uid;
  /* Gives the client a Warning header, if the request goes through. May be called several times. */
  void (*warn)(void* host_context, pintle_text text);
  /* Adds to the request's audit line, refused or not: "pod-security.kubernetes.io/exempt". */
  void (*annotate)(void* host_context, pintle_text key, pintle_text value);
  void* host_context;
} pintle_admission_request;

typedef struct {
  uint32_t size;
  /* Lower first: mutating plugins run in this order. */
  int32_t order;
  /* May answer with a JSON patch (RFC 6902) by calling `patch(context, text)`, once. NULL if the
   * plugin changes nothing. Refuses as `validate` does. */
  pintle_status (*mutate)(void* self, const pintle_admission_request* request,
                          void (*patch)(void* context, pintle_text json_patch), void* context);
  /* NULL if it refuses nothing. A status of 403 reads `pods "x" is forbidden: <text>`, with the
   * causes of the status's `json`; any other is told as it is. */
  pintle_status (*validate)(void* self, const pintle_admission_request* request);
  /* A space-separated list of what this plugin wants: "pods" with its subresources, "pods/" without
   * them, "pods/resize" that one only, "deployments.apps/" of a group; "" is all. */
  pintle_text resources;
  /* A space-separated list of the operations it wants: "CREATE UPDATE"; "" is all. */
  pintle_text operations;
  /* Not 0: it never waits for anything but locks that are held shortly, so it is asked on the
   * host's own threads, beside which everything else stands still. 0: it is asked on a thread that
   * may be lost, with a copy of the objects, at some 30 us a question. */
  uint32_t is_quick;
  /* How long an answer may take; 0 is 10,000, at most 30,000. Whoever takes longer is suspended:
   * each request it wants is refused until it is replaced or unloaded. */
  uint32_t timeout_ms;
} pintle_admission_table;

/* ---- pintle.scheduling_policy/1: offered by a plugin; run by the scheduler
 * ----------------------- */

typedef struct {
  uint32_t size;
  const pintle_value* object;
  int64_t cpu_millis; /* Requested, over containers as Kubernetes sums them. */
  int64_t memory_bytes;
  pintle_text ns, name;
} pintle_pod_info;

typedef struct {
  uint32_t size;
  const pintle_value* object;
  pintle_text name;
  int64_t allocatable_cpu_millis, allocatable_memory_bytes, allocatable_pods;
  int64_t requested_cpu_millis, requested_memory_bytes, pod_count; /* Bound or about to be. */
} pintle_node_info;

typedef struct {
  uint32_t size;
  pintle_text
      scheduler_name; /* Pods whose spec.schedulerName is this. Lives as long as the table. */
  /* Whether the default filters (resources, taints, selectors, ports, ...) hold as well. */
  uint32_t with_default_filters;
  /* Empty if the pod may run on the node; else why not ("Insufficient cpu"). Called from several
   * threads at once. NULL refuses nothing. */
  pintle_text (*filter)(void* self, const pintle_pod_info* pod, const pintle_node_info* node);
  /* 0 to 100: how much the pod would like the node. NULL scores all alike. */
  int64_t (*score)(void* self, const pintle_pod_info* pod, const pintle_node_info* node);
} pintle_scheduling_policy_table;

/* ---- pintle.route/1: offered by a plugin; HTTP routes on the host's HTTPS server
 * ------------------ */

typedef struct pintle_exchange pintle_exchange; /* One request under way, on a worker thread. */

typedef struct {
  uint32_t size;
  pintle_text (*method)(pintle_exchange* exchange);
  pintle_text (*target)(pintle_exchange* exchange); /* Path and query, as received. */
  pintle_text (*header)(pintle_exchange* exchange, pintle_text name); /* First; "" if none. */
  pintle_text (*body)(pintle_exchange* exchange);                     /* Whole. */
  pintle_text (*user)(pintle_exchange* exchange);
  /* Sends the head. Without a Content-Length header the body is chunked. `headers` is "K: V\r\n"
   * lines. */
  void (*begin)(pintle_exchange* exchange, uint32_t status, pintle_text headers);
  /* Sends part of the body; waits while the client is slow. 0, or -1 once the client is gone. */
  int32_t (*write)(pintle_exchange* exchange, pintle_text part);
  /* Instead of begin: joins the client to `backend_fd`, a connected stream socket that the host now
   * owns, byte for byte until both ends close. The request (method, `backend_target`, its own
   * headers but credentials) is sent to the backend first; only its 101 opens the tunnel, any other
   * answer is relayed as the response and the connection closed. Returns at once. */
  int32_t (*tunnel)(pintle_exchange* exchange, int32_t backend_fd, pintle_text backend_host,
                    pintle_text backend_target);
  /* 1 once the client is gone: for a handler with nothing to write yet. Never waits. */
  uint32_t (*client_gone)(pintle_exchange* exchange);
} pintle_exchange_table; /* The host's "pintle.exchange/1". */

typedef struct {
  uint32_t size;
  /* Space-separated path prefixes: "/exec/ /attach/ /containerLogs/ /pods". */
  pintle_text prefixes;
  /* Which listener: "kubelet" (10250, authenticated and authorised as every nodes/ subresource),
   * "kubelet-read-only" (10255, plain, only where asked for) or "apiserver". */
  pintle_text listener;
  void (*handle)(void* self, pintle_exchange* exchange);
} pintle_route_table;

/* ---- pintle.command/1: offered by a plugin; a word of the command line, run without a server ----
 */

/* A plugin whose host has the setting "command" does nothing but offer this table. */
typedef struct {
  uint32_t size;
  pintle_text name; /* "ps" */
  /* Writes what a person reads. */
  pintle_status (*run)(void* self, void (*write)(void* context, pintle_text text), void* context);
} pintle_command_table;

/* ---- the host, and the plugin
 * ---------------------------------------------------------------------- */

struct pintle_host {
  uint32_t size;
  uint32_t reserved;
  /* The table `name`, or NULL where this host has none: "pintle.object/1" and "pintle.log/1" are
   * always there; a kubelet that runs alone has no "pintle.client/1" and no "pintle.bus/1". Lives
   * as long as the host. */
  const void* (*table)(const pintle_host* host, const char* name);
  /* Offers `table` under the extension point `name`, for as long as the plugin runs. Several tables
   * may be offered under one name. Errors: 409 after stop has begun. */
  pintle_status (*provide)(const pintle_host* host, const char* name, const void* table,
                           void* self);
  /* Calls `changed` for every table offered under `name` by any plugin, now and later, and again
   * with added=0 before one goes: when that call returns, nobody may use it any more. Calls come
   * one at a time. */
  pintle_status (*on_provided)(const pintle_host* host, const char* name,
                               void (*changed)(void* context, const char* plugin, const void* table,
                                               void* self, uint32_t added),
                               void* context);
  /* A setting of the host's: "node-name", "root-dir", "pod-manifest-path", ...; "" if not set.
   * Lives as long as the host. */
  pintle_text (*setting)(const pintle_host* host, pintle_text name);
};

typedef struct {
  uint32_t abi;        /* PINTLE_ABI. First: read before anything else is believed. */
  uint32_t size;       /* sizeof(pintle_plugin) as the plugin knew it. */
  const char* name;    /* Lower case, digits, '_' and '-', at most 63; the file is <name>.so. */
  const char* version; /* For people and for `pintle plugin list`. */
  /* `config_json` is the plugin's part of the configuration file, "{}" if it has none. May take
   * tables and start threads; must not wait for the cluster. */
  pintle_status (*start)(const pintle_host* host, pintle_text config_json, void** self);
  /* After it returns, no call of the plugin is under way or to come. */
  void (*stop)(void* self);
} pintle_plugin;

#ifdef __cplusplus
}
#endif
