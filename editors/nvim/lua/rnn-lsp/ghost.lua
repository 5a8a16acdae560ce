-- Ghost text made of extmarks, for Neovim 0.11, which has none of its own.
--
-- One is shown at most, at the cursor. It is asked for after every change in insert mode, stays while what is typed agrees
-- with it, and goes with the first letter that does not, before any answer comes. An answer that belongs to a text or a
-- cursor of a moment ago is dropped.
local client_of = require("rnn-lsp.client")
local keys = require("rnn-lsp.keys")
local M = {}

local NAMESPACE = vim.api.nvim_create_namespace("rnn-lsp.ghost")
local MARK = 1

---@class rnn-lsp.Ghost
---@field buffer integer
---@field row integer of the line, from 0
---@field start integer the byte where the word begins that it completes; the cursor after a space
---@field text string what stands from there on when all of it is accepted
---@field filter string the same, but beginning with the letters as they were typed
---@field after string what stands behind it on the line

---@type rnn-lsp.Ghost?
local shown
---@type { client: vim.lsp.Client, id?: integer }?
local pending

---Cursor and line of the current window, as one value that can be compared.
local function place()
  local cursor = vim.api.nvim_win_get_cursor(0)
  return { buffer = vim.api.nvim_get_current_buf(), row = cursor[1] - 1, column = cursor[2], line = vim.api.nvim_get_current_line() }
end

local function is_inserting()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == "i"
end

---An item that the popup has put into the text is still being chosen.
local function is_choosing()
  local is_inserted = not vim.bo.completeopt:find("noinsert", 1, true) and not vim.o.completeopt:find("noinsert", 1, true)
  return vim.fn.pumvisible() == 1 and is_inserted and vim.fn.complete_info({ "selected" }).selected >= 0
end

---What of the ghost text is still to come at a place, and what was typed of it; nothing where they do not agree.
---@param ghost rnn-lsp.Ghost
---@return string? rest
---@return string typed
local function rest_at(ghost, at)
  if ghost.buffer ~= at.buffer or ghost.row ~= at.row or at.column < ghost.start then
    return nil, ""
  end
  if at.line:sub(at.column + 1) ~= ghost.after then
    return nil, "" -- The cursor has moved into what was typed, or something else has changed.
  end
  local typed = at.line:sub(ghost.start + 1, at.column)
  if not vim.startswith(ghost.filter, typed) and not vim.startswith(ghost.text, typed) then
    return nil, typed
  end
  local rest = vim.fn.strcharpart(ghost.text, vim.fn.strchars(typed))
  return rest ~= "" and rest or nil, typed
end

local function cancel()
  if pending and pending.id and not pending.client:is_stopped() then
    pending.client:cancel_request(pending.id)
  end
  pending = nil
end

---Takes the ghost text off the screen.
function M.hide()
  cancel()
  if shown and vim.api.nvim_buf_is_valid(shown.buffer) then
    vim.api.nvim_buf_clear_namespace(shown.buffer, NAMESPACE, 0, -1)
  end
  shown = nil
end

---Draws what is still to come, or nothing where the text has gone another way.
local function draw()
  if not shown then
    return
  end
  local at = place()
  local rest = is_inserting() and not is_choosing() and rest_at(shown, at)
  if not rest then
    M.hide()
    return
  end
  vim.api.nvim_buf_set_extmark(shown.buffer, NAMESPACE, at.row, at.column, {
    id = MARK,
    virt_text = { { rest, "RnnLspGhost" } },
    virt_text_pos = "inline",
    undo_restore = false,
  })
end

---@param item lsp.InlineCompletionItem
---@return rnn-lsp.Ghost?
local function ghost_of(item, at, encoding)
  local text = type(item.insertText) == "string" and item.insertText or nil
  -- A phrase has one line; what is not text at all comes from a server that is not ours.
  if not text or text == "" or text:find("%c") then
    return nil
  end
  local start = at.column
  if item.range then
    start = vim.str_byteindex(at.line, encoding, item.range.start.character, false)
  end
  return {
    buffer = at.buffer,
    row = at.row,
    start = start,
    text = text,
    filter = item.filterText or text,
    after = at.line:sub(at.column + 1),
  }
end

---@param client vim.lsp.Client
local function ask(client)
  cancel()
  local at = place()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = 2 }
  ---@type { client: vim.lsp.Client, id?: integer }
  local question = { client = client }
  local sent, id = client:request("textDocument/inlineCompletion", params, function(_, result)
    if pending ~= question then
      return
    end
    pending = nil
    -- Not by the buffer's tick: the popup removes letters and puts them back.
    if not is_inserting() or is_choosing() or not vim.deep_equal(place(), at) then
      return
    end
    local items = result and (result.items or result) or {}
    local ghost = items[1] and ghost_of(items[1], at, client.offset_encoding)
    -- Silence takes nothing away that agrees with all that was typed since: the writer is on the way to it.
    if ghost then
      shown = ghost
      draw()
    end
  end, at.buffer)
  question.id = id
  pending = sent and question or nil
end

---After a change in insert mode, or on demand.
function M.refresh()
  draw()
  local client = client_of.of(0)
  if not client or not is_inserting() or is_choosing() then
    return
  end
  local is_wanted = client_of.shows(client, "ghost")
  if is_wanted and client.server_capabilities.inlineCompletionProvider and vim.fn.reg_executing() == "" then
    ask(client)
  end
end

---After the cursor has moved.
M.follow = draw

---What is on the screen, after the cursor.
---@return string?
function M.rest()
  return shown and is_inserting() and rest_at(shown, place()) or nil
end

---The keys that accept a part of what is shown; nothing where nothing is.
---@param part fun(rest: string): string
---@return string?
function M.accept(part)
  if not shown or not is_inserting() then
    return nil
  end
  local rest, typed = rest_at(shown, place())
  if not rest then
    return nil
  end
  local taken = part(rest)
  if vim.startswith(shown.text, typed) then
    return keys.write(0, taken)
  end
  -- "paris" becomes "Paris".
  local corrected = vim.fn.strcharpart(shown.text, 0, vim.fn.strchars(typed))
  return keys.write(vim.fn.strchars(typed, true), corrected .. taken)
end

return M
