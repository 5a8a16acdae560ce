-- A server inside of the child, for what has to be known beforehand: it continues one sentence, and it can be made to wait.
--
--   vim.lsp.config("rnn_lsp", { cmd = dofile("tests/nvim/scripted.lua") })
--
-- In the child, `Script.held` set to true keeps answers back until `Script.release()`; `Script.cancelled` counts.
local SENTENCE = "Über den Fluß, the quick brown fox jumps over Paris again — 日本語 and a lazy dog."

Script = { held = false, waiting = {}, cancelled = 0, asked = 0, items = nil }

function Script.release()
  local waiting = Script.waiting
  Script.waiting = {}
  for _, answer in ipairs(waiting) do
    answer()
  end
end

-- What stands behind the longest part of the sentence that ends the line; letters without regard to case.
local function continue(line, position)
  local before = line:sub(1, position.character)
  for start = #before, 1, -1 do
    local typed = before:sub(start)
    local found = vim.fn.tolower(SENTENCE):find(vim.fn.tolower(typed), 1, true)
    local is_word = start == 1 or before:sub(start - 1, start - 1) == " "
    if found and is_word and #typed >= 3 then
      local word = before:match("%S*$")
      local text = SENTENCE:sub(found + #typed - #word)
      local at = { line = position.line, character = #before - #word }
      local filter = not vim.startswith(text, word) and word .. text:sub(#word + 1) or nil
      return { insertText = text, filterText = filter, range = { start = at, ["end"] = position } }
    end
  end
end

local function answer(method, params)
  if method == "initialize" then
    return {
      serverInfo = { name = "rnn-lsp" },
      capabilities = { positionEncoding = "utf-8", textDocumentSync = 1, inlineCompletionProvider = true },
    }
  elseif method == "textDocument/inlineCompletion" then
    Script.asked = Script.asked + 1
    local line = vim.api.nvim_buf_get_lines(0, params.position.line, params.position.line + 1, false)[1]
    return { items = { Script.silent and nil or continue(line, params.position) } }
  end
  return vim.NIL
end

return function(dispatchers)
  local closing, id = false, 0
  return {
    request = function(method, params, callback)
      id = id + 1
      local result = answer(method, params)
      local function reply()
        callback(nil, result)
      end
      if Script.held and method == "textDocument/inlineCompletion" then
        table.insert(Script.waiting, reply)
      else
        vim.schedule(reply)
      end
      return true, id
    end,
    notify = function(method)
      if method == "$/cancelRequest" then
        Script.cancelled = Script.cancelled + 1
      elseif method == "exit" then
        dispatchers.on_exit(0, 0)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      closing = true
    end,
  }
end
