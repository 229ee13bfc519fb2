/// `wrapper.buildHAR`, `wrapper.joinMaps`
extension HelperPreludes {
    static let wrapperSource = """
        (function (kit) {
            "use strict";
            const { stringify } = JSON, { isArray } = Array, { keys } = Object, toText = String;
            const isMap = value => typeof value === "object" && value !== null && !isArray(value);

            kit.define("wrapper.joinMaps", function joinMaps(a, b) {
                const out = {};
                for (const map of [a, b]) {
                    if (!isMap(map)) continue;
                    for (const name of keys(map)) {
                        const old = out[name], value = map[name];
                        if (!Object.prototype.hasOwnProperty.call(out, name)) out[name] = isMap(value) ? joinMaps(value) : value;
                        else if (typeof old === "number" && typeof value === "number") out[name] = old + value;
                        else if (isMap(old) && isMap(value)) out[name] = joinMaps(old, value);
                        else if (isArray(old) && isArray(value)) out[name] = old.concat(value);
                        else out[name] = value;
                    }
                }
                return out;
            });

            // {name: value or [values]} as HAR's [{name, value}].
            function pairs(map) {
                const out = [];
                if (!isMap(map)) return out;
                for (const name of keys(map))
                    for (const value of isArray(map[name]) ? map[name] : [map[name]])
                        out.push({ name, value: value === null || value === undefined ? "" : toText(value) });
                return out;
            }
            function urlOf(item) {
                const request = item.request, url = toText(request.url || request.path || "/");
                if (/^https?:\\/\\//i.test(url)) return url;
                const scheme = item.tls ? "https" : "http", peer = item.dst || {};
                const host = toText(peer.name || peer.ip || "unknown"), port = toText(peer.port || "");
                const isStandard = port === "" || port === (item.tls ? "443" : "80");
                const name = host.indexOf(":") >= 0 ? "[" + host + "]" : host;
                return scheme + "://" + name + (isStandard ? "" : ":" + port) + (url[0] === "/" ? "" : "/") + url;
            }
            function requestOf(item) {
                const request = item.request, body = request.postData;
                const out = {
                    method: toText(request.method), url: urlOf(item), httpVersion: toText(request.httpVersion || "HTTP/1.1"),
                    cookies: pairs(request.cookies), headers: pairs(request.headers), queryString: pairs(request.queryString),
                    headersSize: -1, bodySize: typeof request.bodySize === "number" ? request.bodySize : -1,
                };
                if (isMap(body) && (body.text || isArray(body.params) && body.params.length > 0)) {
                    out.postData = { mimeType: toText(body.mimeType || ""), text: toText(body.text || "") };
                    if (isArray(body.params)) out.postData.params = body.params;
                }
                return out;
            }
            function responseOf(response) {
                const known = isMap(response) ? response : {}, content = isMap(known.content) ? known.content : {};
                const out = {
                    status: typeof known.status === "number" ? known.status : 0, statusText: toText(known.statusText || ""),
                    httpVersion: toText(known.httpVersion || ""), cookies: pairs(known.cookies), headers: pairs(known.headers),
                    content: { size: content.size || 0, mimeType: toText(content.mimeType || "") },
                    redirectURL: toText(known.redirectURL || ""), headersSize: -1,
                    bodySize: typeof known.bodySize === "number" ? known.bodySize : -1,
                };
                if (content.text !== undefined && content.text !== null && content.text !== "") {
                    out.content.text = toText(content.text);
                    if (content.encoding === "base64") out.content.encoding = "base64";
                }
                return out;
            }
            kit.define("wrapper.buildHAR", function (items) {
                const entries = [];
                for (const item of isArray(items) ? items : []) {
                    if (!isMap(item) || !isMap(item.protocol) || item.protocol.name !== "http" || !isMap(item.request)) continue;
                    const time = (typeof item.elapsedTime === "number" ? item.elapsedTime : 0) / 1000, peer = item.dst || {};
                    entries.push({
                        _id: toText(item.id || ""), startedDateTime: toText(item.startTime || ""), time,
                        request: requestOf(item), response: responseOf(item.response), cache: {},
                        timings: { send: 0, wait: time, receive: 0 },
                        serverIPAddress: toText(peer.ip || ""), connection: toText(peer.port || ""),
                    });
                }
                return stringify({ log: { version: "1.2", creator: { name: "Remora", version: "1" }, entries } });
            });
        })
        """
}
