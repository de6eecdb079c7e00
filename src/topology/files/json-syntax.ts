// SPDX-License-Identifier: Apache-2.0
import { type ParseError, printParseErrorCode } from "jsonc-parser";

/** A syntax error in words: what is wrong, and what to do about it. */
interface Description {
  readonly what: string;
  readonly remedy: string;
}

/** Describes a JSON syntax error: what is wrong and what to do. */
export function describeSyntaxError(text: string, error: ParseError | undefined): Description {
  if (text.trim() === "")
    return { what: "the file is empty", remedy: "write a JSON object: { … }" };
  if (!error) return { what: "the values nest too deeply", remedy: "flatten them" };
  const describe = DESCRIPTIONS[printParseErrorCode(error.error)];
  return describe ? describe(text, error) : NOT_WELL_FORMED;
}

const NOT_WELL_FORMED: Description = {
  what: "the text is not well-formed JSON",
  remedy: "check it with a JSON validator",
};

type Describe = (text: string, error: ParseError) => Description;

/** By the parser's error code. */
const DESCRIPTIONS: Readonly<Record<string, Describe>> = {
  CloseBraceExpected: unclosed("}"),
  CloseBracketExpected: unclosed("]"),
  CommaExpected: expected('","', 'add the missing ","'),
  ColonExpected: expected('":"', 'write "key": value'),
  PropertyNameExpected: expected(
    "a key in double quotes",
    "write the key in double quotes, or remove the comma before it",
  ),
  ValueExpected: expected("a value", "write a value, or remove the comma before it"),
  EndOfFileExpected: (text, error) => ({
    what: `${here(text, error)} after the end of the JSON value`,
    remedy: "remove everything after the value",
  }),
  InvalidCommentToken: always("JSON does not allow comments", "remove the comment"),
  UnexpectedEndOfString: always("the string is not closed", "close it with a double quote"),
  InvalidNumberFormat: always("the number is malformed", "write it in decimal, or as a string"),
  InvalidEscapeCharacter: always("the string has an unknown escape", 'write a backslash as "\\\\"'),
  InvalidUnicode: always("the string has an unknown escape", 'write a backslash as "\\\\"'),
  InvalidCharacter: always(
    "the string contains a control character",
    'write it as "\\n", "\\t" or "\\u…"',
  ),
  InvalidSymbol: (text, error) => ({
    what: `${here(text, error)} is not JSON`,
    remedy: "write keys and strings in double quotes; the only bare words are true, false and null",
  }),
};

/** An object or array that lacks its end, or a comma between two of its members. */
function unclosed(closing: "}" | "]"): Describe {
  const either = expected(`"," or "${closing}"`, `add the missing "," or "${closing}" before it`);
  const atEnd = always(`the file ends before "${closing}"`, `add the missing "${closing}"`);
  return (text, error) =>
    error.offset < text.trimEnd().length ? either(text, error) : atEnd(text, error);
}

function expected(token: string, remedy: string): Describe {
  return (text, error) => ({ what: `${here(text, error)} where ${token} was expected`, remedy });
}

function always(what: string, remedy: string): Describe {
  return () => ({ what, remedy });
}

/** Quotes the text at the error, shortened. */
function here(text: string, error: ParseError): string {
  const rest = text.slice(error.offset, error.offset + Math.max(error.length, 1)).trim();
  if (error.offset >= text.trimEnd().length || rest === "") return "the end of the file";
  const word = rest.length > 20 ? `${rest.slice(0, 20)}…` : rest;
  return word.includes('"') ? word : `"${word}"`;
}
