// YAML in, under guard and by go-yaml's rules; YAML out, as kubectl shows it.

#include "core/object/yaml.hpp"

#include <boost/test/unit_test.hpp>

namespace pintle {
namespace {

std::string to_json_of(std::string_view yaml) {
  const auto document = parse_yaml_document(yaml);
  BOOST_REQUIRE_MESSAGE(document.ok(), yaml);
  return to_json(document.value().value);
}

std::string refusal(std::string_view yaml) {
  const auto documents = parse_yaml(yaml);
  BOOST_REQUIRE_MESSAGE(!documents.ok(), yaml);
  return documents.error().message;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) {
    all += text;
  }
  return all;
}

BOOST_AUTO_TEST_SUITE(a_yaml_text)

BOOST_AUTO_TEST_CASE(becomes_json) {
  BOOST_TEST(to_json_of("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: nginx\n"
                        "    ports: [{containerPort: 80}]\n") ==
             R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"nginx",)"
             R"("ports":[{"containerPort":80}]}]}})");
}

BOOST_AUTO_TEST_CASE(has_scalars_as_go_yaml_reads_them) {
  BOOST_TEST(to_json_of("[yes, No, on, OFF, y, true, ~, null, Null, '']") ==
             R"([true,false,true,false,true,true,null,null,null,""])");
  BOOST_TEST(to_json_of("[017, 0o17, 0x1F, 0b11, 1_000, +5, -5, 08, 1.0, 1.5, 1e3, .5]") ==
             "[15,15,31,3,1000,5,-5,8,1,1.5,1000,0.5]");
  BOOST_TEST(to_json_of("['yes', \"1\", 1.2.3, 2026-11-23, 0x, 1e400, -, +x, 12:30]") ==
             R"(["yes","1","1.2.3","2026-11-23","0x","1e400","-","+x","12:30"])");
  BOOST_TEST(to_json_of("[18446744073709551615, 9223372036854775807, -9223372036854775808]") ==
             "[18446744073709551615,9223372036854775807,-9223372036854775808]");
}

BOOST_AUTO_TEST_CASE(has_keys_that_become_texts) {
  BOOST_TEST(to_json_of("1: a\ntrue: b\n'x': c\n1.5: d") ==
             R"({"1":"a","true":"b","x":"c","1.5":"d"})");
}

BOOST_AUTO_TEST_CASE(has_blocks_of_lines) {
  BOOST_TEST(to_json_of("a: |\n  x\n   y\nb: >-\n  x\n  y\n") == R"({"a":"x\n y\n","b":"x y"})");
}

BOOST_AUTO_TEST_CASE(has_documents_and_empty_ones_are_passed_over) {
  const auto documents =
      parse_yaml("---\na: 1\n---\n# nothing\n---\nb: 2\n...\n---\n[3]\n").value();

  BOOST_TEST(documents.size() == 3U);
  BOOST_TEST(to_json(documents.at(1).value) == R"({"b":2})");
  BOOST_TEST(parse_yaml("").value().empty());
  BOOST_TEST(parse_yaml("# only words\n---\n").value().empty());
  BOOST_TEST(!parse_yaml_document("a: 1\n---\nb: 2\n").ok());
  BOOST_TEST(!parse_yaml_document("\n").ok());
}

BOOST_AUTO_TEST_CASE(has_aliases_and_merges_and_the_maps_own_keys_win) {
  BOOST_TEST(to_json_of("a: &x {k: 1, l: 2}\nb: *x\nc:\n  l: 3\n  <<: *x\n") ==
             R"({"a":{"k":1,"l":2},"b":{"k":1,"l":2},"c":{"l":3,"k":1}})");
  BOOST_TEST(to_json_of("- &a {x: 1}\n- &b {x: 2, z: 2}\n- {<<: [*a, *b]}\n- {'<<': 1}") ==
             R"([{"x":1},{"x":2,"z":2},{"x":1,"z":2},{"\u003c\u003c":1}])");
}

BOOST_AUTO_TEST_CASE(tells_of_keys_met_twice) {
  const auto document = parse_yaml_document("spec:\n  list:\n  - a: 1\n    a: 2\n").value();

  BOOST_TEST(document.duplicates.size() == 1U);
  BOOST_TEST(document.duplicates.at(0) == "spec.list[0].a");
  BOOST_REQUIRE(document.yaml_duplicates.size() == 1U);
  BOOST_TEST(document.yaml_duplicates[0].ends_with(": key \"a\" already set in map"));
  BOOST_TEST(to_json(document.value) == R"({"spec":{"list":[{"a":2}]}})");
}

BOOST_AUTO_TEST_CASE(that_is_malformed_is_refused_with_its_line) {
  BOOST_TEST(refusal("a: 1\n---\nb: [1, 2\n").find("line 4") != std::string::npos);
  for (const auto* text : {"a: 1\n}", "a: b: c", "[1]]", "{a: 1}}", "\"abc", "a: 'b", "- a\nb: 1",
                           "a: *nowhere", "*", "%YAML", "\ta: 1", "a: 1\n b: 2", "]", "? [a]"}) {
    BOOST_TEST(!parse_yaml(text).ok(), text);
  }
}

BOOST_AUTO_TEST_CASE(with_a_tag_that_is_not_core_is_refused) {  // T-P02
  for (const auto* text : {"!!binary aGk=", "!!python/object:os.system x", "!mine {a: 1}",
                           "!!int x", "!!set {a}", "!!map [1]", "a: !!timestamp 2001-01-01"}) {
    BOOST_TEST(!parse_yaml(text).ok(), text);
  }
  BOOST_TEST(to_json_of("[!!str 1, !!int \"2\", ! 3, !!bool yes, !!float 1]") ==
             R"(["1",2,"3",true,1])");
}

BOOST_AUTO_TEST_CASE(with_numbers_json_lacks_is_refused) {
  BOOST_TEST(!parse_yaml("a: .inf").ok());
  BOOST_TEST(!parse_yaml("a: .NaN").ok());
  BOOST_TEST(to_json_of("a: '.inf'") == R"({"a":".inf"})");
}

BOOST_AUTO_TEST_CASE(that_is_a_bomb_is_stopped) {  // T-P02
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const std::string inner = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [" + repeated(inner + ",", 8) + inner + "]\n";
  }
  BOOST_TEST(refusal(bomb).find("excessively large") != std::string::npos);

  std::string wide =
      "a: &a " + std::string(1'000'000, 'x') + "\nb: [" + repeated("*a,", 100) + "]\n";
  BOOST_TEST(refusal(wide).find("excessively large") != std::string::npos);
  BOOST_TEST(!parse_yaml("a: &a [*a]").ok());
}

BOOST_AUTO_TEST_CASE(that_is_deep_or_large_is_refused) {  // T-P02
  BOOST_TEST(!parse_yaml(repeated("[", 100'000)).ok());
  BOOST_TEST(!parse_yaml(repeated("- ", 100'000)).ok());
  BOOST_TEST(!parse_yaml(repeated("{a: ", 100'000)).ok());
  BOOST_TEST((parse_yaml(std::string(3 * 1024 * 1024 + 1, ' ')).error().code ==
              Code::kRequestEntityTooLarge));
  BOOST_TEST(!parse_yaml("a: \"\xff\"").ok());
}

BOOST_AUTO_TEST_CASE(may_be_json_instead) {
  BOOST_TEST(to_json(parse_json_or_yaml(" {\"a\":1}").value().at(0).value) == R"({"a":1})");
  BOOST_TEST(to_json(parse_json_or_yaml("a: 1").value().at(0).value) == R"({"a":1})");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(json_as_yaml)

std::string yaml_of(std::string_view json) {
  return to_yaml(parse_json(json).value().value);
}

BOOST_AUTO_TEST_CASE(looks_as_kubectl_shows_it) {
  BOOST_TEST(yaml_of(R"({"kind":"Pod","spec":{"containers":[{"name":"a","args":["x",[1,2]],)"
                     R"("env":[],"r":{}}]},"m":1,"t":true,"z":null})") ==
             "kind: Pod\nspec:\n  containers:\n  - name: a\n    args:\n    - x\n    - - 1\n"
             "      - 2\n    env: []\n    r: {}\nm: 1\nt: true\nz: null\n");
}

BOOST_AUTO_TEST_CASE(quotes_what_would_be_misread) {
  BOOST_TEST(yaml_of(R"(["yes","1","","null","a: b","# c","-","a","-a","1.5x","=",": x"])") ==
             "- \"yes\"\n- \"1\"\n- \"\"\n- \"null\"\n- 'a: b'\n- '# c'\n- '-'\n- a\n- -a\n"
             "- 1.5x\n- '='\n- ': x'\n");
}

BOOST_AUTO_TEST_CASE(shows_lines_as_lines) {
  BOOST_TEST(yaml_of(R"({"a":"x\ny\n","b":"x\n\ny","c":"x\n\n"})") ==
             "a: |\n  x\n  y\nb: |-\n  x\n\n  y\nc: |+\n  x\n\n");
}

BOOST_AUTO_TEST_CASE(reads_back_as_the_same) {
  for (
      const auto* json :
      {R"({"a":[{"b":[]},{"c":{}},[[1],[]]],"d":"x\n  y\n","e":" lead","f":"trail ","g":"\tq"})",
       R"(["---","...","a\n---\nb","%x","@x","`x","'","\"","\\","a'b","a\"b","~","|",">","\u0001",)"
       R"("\u2028x","on","0o7","1_0",".inf","<<","a #b","a#b","a:","a:b","x\r\ny","\n","\nx",)"
       R"("x\n\n\n"])",
       R"({"":1,"yes":2,"a b":3,"1":4,"- x":5,"a: b":6,"#":7,"multi\nline":8})", R"("a\nb")",
       R"(-1.5e-7)", R"([18446744073709551615])", "{}", "[]"}) {
    const std::string yaml = yaml_of(json);
    BOOST_TEST(to_json_of(yaml) == to_json(parse_json(json).value().value), yaml);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace pintle
