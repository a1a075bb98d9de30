// Asks RE2 itself, the library that Envoy uses, what main.go in the folder above asks its Go edition;
// the lines that come in and go out are the same. Unlike it RE2 reads bytes that are no UTF-8.
//
//     g++ -O1 -o target/peers/re2-cpp tests/peers/re2/cpp/main.cc -lre2

#include <re2/re2.h>

#include <iostream>
#include <string>
#include <vector>

namespace {

// The strings in a line, without their quotes: keys, and texts in hexadecimal, which have none.
std::vector<std::string> Strings(const std::string& line) {
  std::vector<std::string> strings;
  size_t at = 0;
  while ((at = line.find('"', at)) != std::string::npos) {
    const size_t end = line.find('"', at + 1);
    if (end == std::string::npos) break;
    strings.push_back(line.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return strings;
}

std::string Unhex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

std::string All(const RE2& expression, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) {
    if (!list.empty()) list += ",";
    list += RE2::FullMatch(value, expression) ? "true" : "false";
  }
  return "[" + list + "]";
}

}  // namespace

int main() {
  std::ios::sync_with_stdio(false);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::vector<std::string> values;
    std::string expression;
    std::string key;
    for (const std::string& one : Strings(line)) {
      if (one == "expression" || one == "values") {
        key = one;
      } else if (key == "expression") {
        expression = Unhex(one);
      } else {
        values.push_back(Unhex(one));
      }
    }
    RE2::Options latin1(RE2::Quiet);
    latin1.set_encoding(RE2::Options::EncodingLatin1);
    const RE2 in_latin1(expression, latin1);
    const RE2 in_utf8(expression, RE2::Quiet);
    if (!in_latin1.ok() || !in_utf8.ok()) {
      std::cout << "{\"valid\":false}\n";
      continue;
    }
    std::cout << "{\"valid\":true,\"latin1\":" << All(in_latin1, values)
              << ",\"utf8\":" << All(in_utf8, values) << "}\n";
  }
}
