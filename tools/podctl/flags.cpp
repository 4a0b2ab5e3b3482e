// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/flags.hpp"

#include "tools/podctl/output.hpp"

#include <algorithm>

namespace ctl {

namespace {

// One pass over the words of a command line.
class Parser {
  public:
    Parser(std::span<char* const> args, std::span<const Flag> flags)
        : args_(args)
        , flags_(flags) {}

    Arguments parse() {
        Arguments parsed;
        while (next_ < args_.size()) {
            const std::string_view word = args_[next_++];
            if (word == "--") {
                parsed.dashes = true;
                parsed.behind.assign(args_.begin() + static_cast<std::ptrdiff_t>(next_), args_.end());
                break;
            }
            if (word.starts_with("--"))
                long_flag(word);
            else if (word.size() > 1 && word.starts_with('-')) // "-" alone is a file
                letters(word);
            else
                parsed.words.emplace_back(word);
        }
        return parsed;
    }

  private:
    void long_flag(std::string_view word) {
        const std::size_t equals = word.find('=');
        const std::string_view shown = word.substr(0, equals);
        const auto flag =
            std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.name == shown.substr(2); });
        if (flag == flags_.end())
            fail({"unknown flag: ", shown});
        if (equals != word.npos)
            store(*flag, shown, word.substr(equals + 1));
        else if (bool* const* is_set = std::get_if<bool*>(&flag->value))
            **is_set = true;
        else
            store(*flag, shown, argument(shown));
    }

    void letters(std::string_view word) {
        for (std::size_t i = 1; i < word.size(); ++i) {
            const std::string shown = "'" + std::string(1, word[i]) + "' in " + std::string(word);
            const auto flag =
                std::find_if(flags_.begin(), flags_.end(), [&](const Flag& f) { return f.letter == word[i]; });
            if (flag == flags_.end())
                fail({"unknown shorthand flag: ", shown});
            std::string_view rest = word.substr(i + 1);
            bool* const* is_set = std::get_if<bool*>(&flag->value);
            if (rest.starts_with('=') || (!is_set && !rest.empty())) {
                rest.remove_prefix(rest.starts_with('=') ? 1 : 0);
                return store(*flag, shown, rest);
            }
            if (!is_set)
                return store(*flag, shown, argument(shown));
            **is_set = true;
        }
    }

    std::string_view argument(std::string_view shown) {
        if (next_ == args_.size())
            fail({"flag needs an argument: ", shown});
        return args_[next_++];
    }

    static void store(const Flag& flag, std::string_view shown, std::string_view text) {
        if (bool* const* is_set = std::get_if<bool*>(&flag.value)) {
            const bool yes = text == "true" || text == "1" || text == "t";
            if (!yes && text != "false" && text != "0" && text != "f")
                fail({"invalid argument \"", text, "\" for ", shown, " flag: neither true nor false"});
            **is_set = yes;
        } else if (std::string* const* value = std::get_if<std::string*>(&flag.value)) {
            **value = text;
        } else {
            std::get<std::vector<std::string>*>(flag.value)->emplace_back(text);
        }
    }

    std::span<char* const> args_;
    std::span<const Flag> flags_;
    std::size_t next_ = 0;
};

} // namespace

Arguments parse_flags(std::span<char* const> args, std::span<const Flag> flags) {
    return Parser(args, flags).parse();
}

} // namespace ctl
