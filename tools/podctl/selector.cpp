// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/selector.hpp"

#include <algorithm>

namespace ctl {

namespace {

// Words, and the operators between them.
class Lexer {
  public:
    explicit Lexer(std::string_view text)
        : rest_(text) {}

    // "" at the end.
    std::string_view next() {
        const std::string_view token = peek();
        rest_.remove_prefix(static_cast<std::size_t>(token.data() - rest_.data()) + token.size());
        return token;
    }

    std::string_view peek() const {
        std::string_view rest = rest_;
        while (rest.starts_with(' ') || rest.starts_with('\t'))
            rest.remove_prefix(1);
        for (const std::string_view op : {"==", "!=", "=", "!", ",", "(", ")"})
            if (rest.starts_with(op))
                return rest.substr(0, op.size());
        return rest.substr(0, rest.find_first_of("=!,() \t"));
    }

  private:
    std::string_view rest_;
};

bool is_word(std::string_view token) {
    return !token.empty() && std::string_view("=!,()").find(token[0]) == token.npos;
}

std::string unexpected_token(std::string_view token, std::string_view wanted) {
    return "found " + (token.empty() ? std::string("the end") : "'" + std::string(token) + "'") + ", expected " +
           std::string(wanted);
}

std::expected<std::vector<std::string>, std::string> parse_values(Lexer& lexer) {
    if (const auto token = lexer.next(); token != "(")
        return std::unexpected(unexpected_token(token, "'('"));
    std::vector<std::string> values;
    for (;;) {
        // Nothing between two commas is the empty value.
        values.emplace_back(is_word(lexer.peek()) ? lexer.next() : "");
        const std::string_view token = lexer.next();
        if (token == ")")
            return values;
        if (token != ",")
            return std::unexpected(unexpected_token(token, "',' or ')'"));
    }
}

std::expected<Requirement, std::string> parse_requirement(Lexer& lexer) {
    using Operator = Requirement::Operator;
    Requirement requirement;
    const bool negated = lexer.peek() == "!";
    if (negated)
        lexer.next();
    const std::string_view key = lexer.next();
    if (!is_word(key))
        return std::unexpected(unexpected_token(key, "a label's name"));
    requirement.key = key;
    if (negated) {
        requirement.op = Operator::Missing;
        return requirement;
    }
    const std::string_view op = lexer.peek();
    if (op.empty() || op == ",")
        return requirement;
    lexer.next();
    if (op == "in" || op == "notin") {
        requirement.op = op == "in" ? Operator::In : Operator::NotIn;
        auto values = parse_values(lexer);
        if (!values)
            return std::unexpected(std::move(values.error()));
        requirement.values = *std::move(values);
    } else if (op == "=" || op == "==" || op == "!=") {
        requirement.op = op == "!=" ? Operator::NotIn : Operator::In;
        requirement.values.emplace_back(is_word(lexer.peek()) ? lexer.next() : "");
    } else {
        return std::unexpected(unexpected_token(op, "'=', '!=', 'in' or 'notin'"));
    }
    return requirement;
}

} // namespace

std::expected<Selector, std::string> parse_selector(std::string_view text) {
    Selector selector;
    Lexer lexer(text);
    if (lexer.peek().empty())
        return selector;
    for (;;) {
        auto requirement = parse_requirement(lexer);
        if (!requirement)
            return std::unexpected(std::move(requirement.error()));
        selector.push_back(*std::move(requirement));
        const std::string_view token = lexer.next();
        if (token.empty())
            return selector;
        if (token != ",")
            return std::unexpected(unexpected_token(token, "','"));
    }
}

bool matches(const Selector& selector, const spec::StringMap& labels) {
    using Operator = Requirement::Operator;
    return std::all_of(selector.begin(), selector.end(), [&labels](const Requirement& requirement) {
        const std::string* value = spec::find(labels, requirement.key);
        const auto& values = requirement.values;
        const bool listed = value && std::find(values.begin(), values.end(), *value) != values.end();
        switch (requirement.op) {
        case Operator::Exists: return value != nullptr;
        case Operator::Missing: return value == nullptr;
        case Operator::In: return listed;
        case Operator::NotIn: return !listed;
        }
        return false;
    });
}

} // namespace ctl
