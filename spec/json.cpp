// SPDX-License-Identifier: Apache-2.0
#include "spec/json.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace spec::json {

namespace {

using boost::json::error;
using boost::json::error_code;
using boost::json::string_view;

// What basic_parser calls. Returning false with an error code set ends the parse.
class Handler {
  public:
    static constexpr std::size_t max_object_size = max_values;
    static constexpr std::size_t max_array_size = max_values;
    static constexpr std::size_t max_key_size = std::numeric_limits<std::uint32_t>::max();
    static constexpr std::size_t max_string_size = max_key_size;

    explicit Handler(std::string_view text)
        : text_(text) {
        // Keys are values too: compact text has about one in six bytes. One allocation for nearly every manifest.
        document.nodes.reserve(std::min(text.size() / 5 + 8, max_values));
    }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_object_begin(error_code& ec) { return open(Kind::Object, ec); }
    bool on_object_end(std::size_t n, error_code& ec) { return !has_duplicate(close(n), ec); }
    bool on_array_begin(error_code& ec) { return open(Kind::Array, ec); }
    bool on_array_end(std::size_t n, error_code&) {
        close(n);
        return true;
    }
    bool on_key_part(string_view s, std::size_t, error_code&) { return decode(s); }
    bool on_key(string_view s, std::size_t, error_code& ec) { return finish_string(s, ec); }
    bool on_string_part(string_view s, std::size_t, error_code&) { return decode(s); }
    bool on_string(string_view s, std::size_t, error_code& ec) { return finish_string(s, ec); }
    bool on_number_part(string_view, error_code&) { return true; }
    bool on_int64(std::int64_t value, string_view, error_code& ec) {
        Node* node = add(Kind::Int, ec);
        if (node)
            node->integer = value;
        return node;
    }
    bool on_uint64(std::uint64_t, string_view literal, error_code& ec) { return add_text(Kind::Number, literal, ec); }
    bool on_double(double value, string_view literal, error_code& ec);
    bool on_bool(bool value, error_code& ec) {
        Node* node = add(Kind::Bool, ec);
        if (node)
            node->boolean = value;
        return node;
    }
    bool on_null(error_code& ec) { return add(Kind::Null, ec); }
    bool on_comment_part(string_view, error_code&) { return true; }
    bool on_comment(string_view, error_code&) { return true; }

    Document document;
    std::string_view refusal; // why we ended the parse, and at which node; empty when the parser did
    std::size_t refused = 0;

  private:
    Node* add(Kind kind, error_code& ec);
    bool add_text(Kind kind, string_view text, error_code& ec);
    bool open(Kind kind, error_code& ec);
    std::size_t close(std::size_t n);
    bool decode(string_view part);
    bool finish_string(string_view rest, error_code& ec);
    bool has_duplicate(std::size_t object, error_code& ec);
    bool refuse(std::string_view why, std::size_t node, error_code& ec);

    std::string_view text_;
    std::size_t decoded_end_ = 0;   // of the finished strings in document.decoded
    std::size_t decoded_parts_ = 0; // bytes after it, of the string that is being read
    std::size_t depth_ = 0;
    std::uint32_t open_[max_depth + 1] = {};
};

} // namespace

} // namespace spec::json

// The text is given to the parser at once, and comments are no JSON: what Boost.JSON has for going on after a pause and
// for passing over comments is never come to, and would be 25 kB.
namespace boost::json {

using spec::json::Handler;

template <>
template <>
const char* basic_parser<Handler>::parse_document(const char*, std::false_type) {
    return sentinel();
}

template <>
template <>
const char* basic_parser<Handler>::parse_value(const char*, std::true_type, std::true_type, bool, bool) {
    return sentinel();
}

} // namespace boost::json

namespace spec::json {

namespace {

bool Handler::refuse(std::string_view why, std::size_t node, error_code& ec) {
    refusal = why;
    refused = node;
    ec = error::syntax;
    return false;
}

Node* Handler::add(Kind kind, error_code& ec) {
    if (document.nodes.size() == max_values) [[unlikely]] {
        refuse("more than 1048576 values in a document", 0, ec);
        return nullptr;
    }
    static constexpr Node blank{}; // a copy is three moves; made in place, GCC would clear it with a string instruction
    Node& node = document.nodes.emplace_back(blank);
    node.kind = kind;
    return &node;
}

bool Handler::add_text(Kind kind, string_view text, error_code& ec) {
    Node* node = add(kind, ec);
    if (!node)
        return false;
    node->text = text.data();
    node->size = static_cast<std::uint32_t>(text.size());
    return true;
}

bool Handler::on_double(double value, string_view literal, error_code& ec) {
    if (!add_text(Kind::Number, literal, ec))
        return false;
    if (!std::isfinite(value))
        return refuse("the number is too large", document.nodes.size() - 1, ec);
    // Only an integer that no 64 bits hold comes here without a fraction or an exponent.
    if (literal.find_first_of(".eE") == string_view::npos)
        return refuse("the integer does not fit in 64 bits", document.nodes.size() - 1, ec);
    return true;
}

bool Handler::open(Kind kind, error_code& ec) {
    Node* node = add(kind, ec);
    if (!node)
        return false;
    node->span = 0;
    open_[depth_++] = static_cast<std::uint32_t>(document.nodes.size() - 1);
    return true;
}

std::size_t Handler::close(std::size_t n) {
    const std::size_t index = open_[--depth_];
    Node& node = document.nodes[index];
    node.size = static_cast<std::uint32_t>(n);
    node.span = static_cast<std::uint32_t>(document.nodes.size() - index);
    return index;
}

// Keeps a part of a string that has escapes. All such strings together are never longer than the text.
bool Handler::decode(string_view part) {
    if (!document.decoded)
        document.decoded = std::make_unique_for_overwrite<char[]>(text_.size());
    std::memcpy(document.decoded.get() + decoded_end_ + decoded_parts_, part.data(), part.size());
    decoded_parts_ += part.size();
    return true;
}

bool Handler::finish_string(string_view rest, error_code& ec) {
    const auto in_text = static_cast<std::size_t>(rest.data() - text_.data()) < text_.size();
    if (decoded_parts_ == 0 && in_text)
        return add_text(Kind::String, rest, ec); // a raw control character never gets here: no U+0000 inside
    decode(rest);
    const string_view whole(document.decoded.get() + decoded_end_, decoded_parts_);
    decoded_end_ += decoded_parts_;
    decoded_parts_ = 0;
    if (!add_text(Kind::String, whole, ec))
        return false;
    if (whole.find('\0') != string_view::npos)
        return refuse("the character U+0000 is not allowed in a string", document.nodes.size() - 1, ec);
    return true;
}

// Sets the refusal at the later one of two equal keys. Sorts when there are many: a file of a million keys costs a
// second, not hours.
bool Handler::has_duplicate(std::size_t object, error_code& ec) {
    const Node* nodes = document.nodes.data();
    const std::uint32_t members = nodes[object].size;
    constexpr std::uint32_t few = 24;
    if (members <= few) {
        const Node* keys[few];
        const Node* key = nodes[object].first();
        for (std::uint32_t i = 0; i < members; ++i, key = key[1].next()) {
            for (std::uint32_t j = 0; j < i; ++j)
                if (keys[j]->size == key->size && std::memcmp(keys[j]->text, key->text, key->size) == 0)
                    return !refuse("duplicate key", static_cast<std::size_t>(key - nodes), ec);
            keys[i] = key;
        }
        return false;
    }
    std::vector<const Node*> keys;
    keys.reserve(members);
    for (const Node* key = nodes[object].first(); keys.size() < members; key = key[1].next())
        keys.push_back(key);
    const auto order = [](const Node* a, const Node* b) {
        if (const int c = a->string().compare(b->string()); c != 0)
            return c < 0;
        return a < b;
    };
    std::sort(keys.begin(), keys.end(), order);
    for (std::size_t i = 1; i < keys.size(); ++i)
        if (keys[i - 1]->string() == keys[i]->string())
            return !refuse("duplicate key", static_cast<std::size_t>(keys[i] - nodes), ec);
    return false;
}

std::string syntax_message(error code) {
    if (code == error::incomplete)
        return "not JSON: the text ends too early";
    if (code == error::too_deep)
        return "nested more than 64 deep";
    if (code == error::illegal_leading_surrogate || code == error::illegal_trailing_surrogate)
        return "not JSON: half of a UTF-16 surrogate pair";
    return "not JSON: syntax error";
}

// Is there text that is not UTF-8 right at `at`? The parser calls that a syntax error like any other.
bool bad_utf8(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0x80) != 0;
}

Problems problem_at(std::string_view text, std::size_t at, std::string message) {
    Problem problem{.pointer = {}, .message = std::move(message), .line = 1, .column = 1};
    for (const char c : text.substr(0, at)) {
        if (c == '\n') {
            ++problem.line;
            problem.column = 1;
        } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
            ++problem.column;
        }
    }
    Problems problems;
    problems.push_back(std::move(problem));
    return problems;
}

Problems problem_in(const Handler& handler) {
    const Node& root = handler.document.root();
    Problems problems;
    problems.push_back({pointer_to(root, (&root)[handler.refused]), std::string(handler.refusal)});
    return problems;
}

std::expected<Document, Problems> parse_text(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = max_depth;
    boost::json::basic_parser<Handler> parser(options, text);
    error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    Handler& handler = parser.handler();
    if (!handler.refusal.empty())
        return std::unexpected(problem_in(handler));
    if (ec)
        return std::unexpected(problem_at(text, used,
                                          bad_utf8(text, used) ? "the text is not UTF-8"
                                                               : syntax_message(static_cast<error>(ec.value()))));
    if (used < text.size()) {
        const bool second = text[used] == '{' || text[used] == '[';
        return std::unexpected(problem_at(
            text, used, second ? "a second document: a file holds one" : "text after the end of the document"));
    }
    return std::move(handler.document);
}

} // namespace

std::expected<Document, Problems> parse(std::string_view text, std::size_t max_bytes) noexcept try {
    if (text.size() > max_bytes)
        return std::unexpected(Problems{{.message = "longer than " + std::to_string(max_bytes >> 20) + " MiB (" +
                                                    std::to_string(text.size()) + " bytes)"}});
    if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
        return std::unexpected(Problems{{.message = "the document is empty"}});
    return parse_text(text);
} catch (const std::exception&) {
    return std::unexpected(out_of_memory());
}

} // namespace spec::json
