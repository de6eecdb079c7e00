import { type ParseError, printParseErrorCode } from "jsonc-parser";

/** A JSON syntax error in words: what is wrong and what to do. */
export function describeSyntaxError(
  text: string,
  error: ParseError | undefined,
): { what: string; remedy: string } {
  if (text.trim() === "")
    return { what: "the file is empty", remedy: "write a JSON object: { … }" };
  if (!error) return { what: "the values nest too deeply", remedy: "flatten them" };
  switch (printParseErrorCode(error.error)) {
    case "CloseBraceExpected":
      return (
        ended(text, error, "}") ?? {
          what: `${here(text, error)} where "," or "}" was expected`,
          remedy: 'add the missing "," or "}" before it',
        }
      );
    case "CloseBracketExpected":
      return (
        ended(text, error, "]") ?? {
          what: `${here(text, error)} where "," or "]" was expected`,
          remedy: 'add the missing "," or "]" before it',
        }
      );
    case "CommaExpected":
      return { what: `${here(text, error)} where "," was expected`, remedy: 'add the missing ","' };
    case "ColonExpected":
      return { what: `${here(text, error)} where ":" was expected`, remedy: 'write "key": value' };
    case "PropertyNameExpected":
      return {
        what: `${here(text, error)} where a key in double quotes was expected`,
        remedy: "write the key in double quotes, or remove the comma before it",
      };
    case "ValueExpected":
      return {
        what: `${here(text, error)} where a value was expected`,
        remedy: "write a value, or remove the comma before it",
      };
    case "EndOfFileExpected":
      return {
        what: `${here(text, error)} after the end of the JSON value`,
        remedy: "remove what follows the value",
      };
    case "InvalidCommentToken":
      return { what: "a comment, which JSON does not have", remedy: "remove it" };
    case "UnexpectedEndOfString":
      return { what: "a string that does not end", remedy: "close it with a double quote" };
    case "InvalidNumberFormat":
      return { what: "a malformed number", remedy: "write it in decimal, or as a string" };
    case "InvalidEscapeCharacter":
    case "InvalidUnicode":
      return { what: "an unknown escape in a string", remedy: 'write a backslash as "\\\\"' };
    case "InvalidCharacter":
      return {
        what: "a control character in a string",
        remedy: 'write it as "\\n", "\\t" or "\\u…"',
      };
    case "InvalidSymbol":
      return {
        what: `${here(text, error)} is not JSON`,
        remedy:
          "write keys and strings in double quotes; other words are only true, false and null",
      };
    default:
      return { what: "the text is not well-formed JSON", remedy: "check it with a JSON validator" };
  }
}

function ended(text: string, error: ParseError, closing: string) {
  if (error.offset < text.trimEnd().length) return undefined;
  return { what: `the file ends before "${closing}"`, remedy: `add the missing "${closing}"` };
}

/** Quotes what stands at the error, shortened. */
function here(text: string, error: ParseError): string {
  const rest = text.slice(error.offset, error.offset + Math.max(error.length, 1)).trim();
  if (error.offset >= text.trimEnd().length || rest === "") return "the end of the file";
  const word = rest.length > 20 ? `${rest.slice(0, 20)}…` : rest;
  return word.includes('"') ? word : `"${word}"`;
}
